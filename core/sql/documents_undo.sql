DROP TRIGGER IF EXISTS document_kept ON core_document;
DROP TRIGGER IF EXISTS attachment_kept ON core_attachment;
DROP TRIGGER IF EXISTS stored_file_kept ON core_storedfile;
DROP FUNCTION IF EXISTS core_refuse_rewrite();
