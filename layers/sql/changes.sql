CREATE OR REPLACE FUNCTION layers_count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO layers_change ("table", n) VALUES (TG_TABLE_NAME, 1);
    RETURN NULL;
END $$;
