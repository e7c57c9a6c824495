-- The search box asks a place's name and address with upper(…) LIKE, its pinyin initials with LIKE.
CREATE INDEX IF NOT EXISTS site_name_trgm ON geo_site USING gin (upper(name) gin_trgm_ops);
CREATE INDEX IF NOT EXISTS site_address_trgm ON geo_site USING gin (upper(address) gin_trgm_ops);
CREATE INDEX IF NOT EXISTS site_pinyin_trgm ON geo_site USING gin (pinyin gin_trgm_ops);
