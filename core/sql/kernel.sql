-- Numbers events while their transaction commits: the counter row is locked only then, so numbers are gapless,
-- visible in order, and no writer waits for another's work. NOTIFY carries nothing: it only wakes the readers.
CREATE OR REPLACE FUNCTION core_number_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    INSERT INTO core_feed AS f (id, epoch, last_seq) VALUES (1, gen_random_uuid(), 1)
        ON CONFLICT (id) DO UPDATE SET last_seq = f.last_seq + 1 RETURNING last_seq INTO n;
    UPDATE core_event SET seq = n WHERE id = NEW.id;
    PERFORM pg_notify('antu_feed', '');
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER core_number_event AFTER INSERT ON core_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION core_number_event();

-- Signals are last values. Their version is the writing transaction's number: a reader that asks again for everything
-- from the oldest transaction it saw running (pg_snapshot_xmin) misses none, whatever the order of commits.
CREATE OR REPLACE FUNCTION core_version_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER core_version_signal BEFORE INSERT OR UPDATE ON core_signal
    FOR EACH ROW EXECUTE FUNCTION core_version_signal();

CREATE OR REPLACE FUNCTION core_ring_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('antu_feed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER core_ring_signal AFTER INSERT OR UPDATE ON core_signal
    FOR EACH STATEMENT EXECUTE FUNCTION core_ring_signal();

-- A person's rights or session ended or changed: open sockets are looked at again now, not within the minute.
CREATE OR REPLACE FUNCTION core_ring_revoke() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE WHEN TG_OP = 'INSERT' THEN to_jsonb(NEW) ELSE to_jsonb(OLD) END;
BEGIN
    PERFORM pg_notify('antu_revoke', CASE TG_ARGV[0]
        WHEN 'session_key' THEN 'session:' || encode(sha256(convert_to(changed ->> 'session_key', 'UTF8')), 'hex')
        ELSE 'user:' || (changed ->> TG_ARGV[0]) END);
    RETURN NULL;
END $$;
CREATE TRIGGER core_ring_revoke AFTER UPDATE ON core_user FOR EACH ROW
    WHEN ((OLD.is_active, OLD.is_superuser, OLD.region_id, OLD.site_id, OLD.password)
        IS DISTINCT FROM (NEW.is_active, NEW.is_superuser, NEW.region_id, NEW.site_id, NEW.password))
    EXECUTE FUNCTION core_ring_revoke('id');
CREATE TRIGGER core_ring_revoke AFTER INSERT OR DELETE ON core_user_groups
    FOR EACH ROW EXECUTE FUNCTION core_ring_revoke('user_id');
CREATE TRIGGER core_ring_revoke AFTER DELETE ON django_session
    FOR EACH ROW EXECUTE FUNCTION core_ring_revoke('session_key');

CREATE OR REPLACE FUNCTION core_ring_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('antu_jobs', '');
    RETURN NULL;
END $$;
CREATE TRIGGER core_ring_job AFTER INSERT ON core_job FOR EACH STATEMENT EXECUTE FUNCTION core_ring_job();

-- Rows of these tables are added and never changed. A test database may be emptied: it sets antu.may_truncate.
CREATE OR REPLACE FUNCTION core_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('antu.may_truncate', true) = '1' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% rows are only ever added (% refused).', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- The one change an event row knows: being given its number.
CREATE OR REPLACE FUNCTION core_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq IS NULL AND NEW.seq IS NOT NULL AND to_jsonb(OLD) - 'seq' = to_jsonb(NEW) - 'seq' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'core_event rows are only ever added (UPDATE refused).' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_event_guard BEFORE UPDATE ON core_event FOR EACH ROW EXECUTE FUNCTION core_event_guard();
CREATE TRIGGER core_event_keep BEFORE DELETE ON core_event FOR EACH ROW EXECUTE FUNCTION core_insert_only();
CREATE TRIGGER core_event_whole BEFORE TRUNCATE ON core_event FOR EACH STATEMENT EXECUTE FUNCTION core_insert_only();

CREATE OR REPLACE PROCEDURE core_make_insert_only(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION core_insert_only()', target);
    EXECUTE format('CREATE OR REPLACE TRIGGER insert_only_whole BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION core_insert_only()', target);
END $$;
CALL core_make_insert_only('core_step');
CALL core_make_insert_only('core_auditentry');

-- The audit trail. Arguments: the primary key's column, then columns whose values are not copied.
-- `antu.actor` is set per request; `antu.audit` = 'bulk' is set by loaders, which leave one summary entry instead.
CREATE OR REPLACE FUNCTION core_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb;
    new_row jsonb;
    hidden text[] := ARRAY['geom_3857'] || TG_ARGV[1:];
BEGIN
    IF current_setting('antu.audit', true) = 'bulk' THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD) - hidden; END IF;
    IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW) - hidden; END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(k, old_row -> k), jsonb_object_agg(k, new_row -> k) INTO old_row, new_row
            FROM jsonb_object_keys(new_row) k WHERE old_row -> k IS DISTINCT FROM new_row -> k;
        IF new_row IS NULL THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO core_auditentry (at, actor_id, "table", "row", action, before, after) VALUES (
        clock_timestamp(), nullif(current_setting('antu.actor', true), '')::bigint, TG_TABLE_NAME,
        CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ->> TG_ARGV[0] ELSE to_jsonb(NEW) ->> TG_ARGV[0] END,
        lower(TG_OP), old_row, new_row);
    RETURN NULL;
END $$;
