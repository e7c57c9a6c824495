-- Papers, files and attachments are added, never rewritten. The arguments of a trigger are the columns that may be filled in
-- once, from empty to a value (a PDF made later, a revocation, a withdrawal).
CREATE OR REPLACE FUNCTION core_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    after jsonb;
    col text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '%: row % is kept for good and cannot be deleted', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    before := to_jsonb(OLD);
    after := to_jsonb(NEW);
    FOREACH col IN ARRAY coalesce(TG_ARGV, '{}'::text[]) LOOP
        IF before -> col IN ('null'::jsonb, '""'::jsonb) THEN
            before := before - col;
            after := after - col;
        END IF;
    END LOOP;
    IF before IS DISTINCT FROM after THEN
        RAISE EXCEPTION '%: row % was issued and cannot be changed', TG_TABLE_NAME, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER stored_file_kept BEFORE UPDATE OR DELETE ON core_storedfile
    FOR EACH ROW EXECUTE FUNCTION core_refuse_rewrite();
CREATE TRIGGER attachment_kept BEFORE UPDATE OR DELETE ON core_attachment
    FOR EACH ROW EXECUTE FUNCTION core_refuse_rewrite('withdrawn_at', 'withdrawn_by_id', 'withdrawn_reason');
CREATE TRIGGER document_kept BEFORE UPDATE OR DELETE ON core_document
    FOR EACH ROW EXECUTE FUNCTION core_refuse_rewrite('pdf_id', 'revoked_at', 'revoked_by_id', 'revoked_reason');
