#!/bin/sh
# Run once by the PostgreSQL image, on an empty data folder. Passwords go by standard input, not by argument.
set -eu
psql --quiet --no-psqlrc --username "$POSTGRES_USER" --dbname postgres <<SQL
\set ON_ERROR_STOP on
\set airflow_password \`printenv AIRFLOW_DB_PASSWORD\`
\set ledger_owner_password \`printenv LEDGER_OWNER_PASSWORD\`
\set ledger_password \`printenv LEDGER_PASSWORD\`
\set warehouse_owner_password \`printenv WAREHOUSE_OWNER_PASSWORD\`
\set governance_jobs_password \`printenv GOVERNANCE_JOBS_PASSWORD\`
\set governance_reader_password \`printenv GOVERNANCE_READER_PASSWORD\`
\i ${ROLES_SQL:-/opt/deploy/roles.sql}
SQL
