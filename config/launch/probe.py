"""Asks the PostgreSQL behind DATABASE_URL whether the map can live there; run inside .venv, answers in JSON."""

import json
import os

import psycopg2

WANTED = ("postgis", "pgrouting", "pg_trgm")


def main() -> None:
    try:
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=5)
    except psycopg2.Error as error:
        print(json.dumps({"error": str(error).strip()}))
        return
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, installed_version FROM pg_available_extensions WHERE name = ANY(%s)", [list(WANTED)]
        )
        found = dict(cursor.fetchall())
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        is_superuser = cursor.fetchone()[0]
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
        cursor.execute("SELECT to_regclass('core_user') IS NOT NULL")
        has_users = cursor.fetchone()[0]
        if has_users:
            cursor.execute("SELECT EXISTS (SELECT FROM core_user)")
            has_users = cursor.fetchone()[0]
    lacking = [name for name in WANTED if name not in found]
    uncreated = [name for name in WANTED if name in found and found[name] is None and not is_superuser]
    print(json.dumps({"version": version, "lacking": lacking, "uncreated": uncreated, "has_users": has_users}))


if __name__ == "__main__":
    main()
