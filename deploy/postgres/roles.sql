-- Databases and roles of the deployment, each with the least it needs. Run by deploy/postgres/init.sh when the server is
-- made; passwords come in as psql variables and are never in a file. See docs/how-to/deploy_with_compose.md.
\set ON_ERROR_STOP on

-- Airflow's own state: one role, one database, nothing else.
CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE DATABASE airflow OWNER airflow;

-- The ledger: `ledger_owner` makes and migrates the tables, `ledger` writes entries. What refuses to change evidence belongs
-- to the owner, so that no job can take it away.
CREATE ROLE ledger_owner LOGIN PASSWORD :'ledger_owner_password';
CREATE ROLE ledger LOGIN PASSWORD :'ledger_password';
CREATE DATABASE ledger OWNER ledger_owner;

-- The warehouse: `warehouse_owner` is the company's own loads, `governance_jobs` reads and changes, `governance_reader` reads.
-- The jobs see rows that row-level security hides: an erasure that cannot see a row would say that nothing was found.
CREATE ROLE warehouse_owner LOGIN PASSWORD :'warehouse_owner_password';
CREATE ROLE governance_jobs LOGIN BYPASSRLS PASSWORD :'governance_jobs_password';
CREATE ROLE governance_reader LOGIN PASSWORD :'governance_reader_password';
CREATE DATABASE warehouse OWNER warehouse_owner;
-- Nobody logs in as `analyst`: people who may read releases are members. The right to each release is given when it is published.
CREATE ROLE analyst NOLOGIN;

REVOKE CONNECT, TEMPORARY ON DATABASE airflow, ledger, warehouse, postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger;
GRANT CONNECT, TEMPORARY, CREATE ON DATABASE warehouse TO governance_jobs;  -- CREATE: its control schema and releases
GRANT CONNECT ON DATABASE warehouse TO governance_reader, analyst;

\connect ledger
ALTER SCHEMA public OWNER TO ledger_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO ledger;
ALTER DEFAULT PRIVILEGES FOR ROLE ledger_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger;
ALTER DEFAULT PRIVILEGES FOR ROLE ledger_owner GRANT USAGE, SELECT ON SEQUENCES TO ledger;

\connect warehouse
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO warehouse_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE warehouse_owner GRANT USAGE ON SCHEMAS TO governance_jobs, governance_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE warehouse_owner GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON TABLES TO governance_jobs;
ALTER DEFAULT PRIVILEGES FOR ROLE warehouse_owner GRANT USAGE, SELECT ON SEQUENCES TO governance_jobs;
ALTER DEFAULT PRIVILEGES FOR ROLE warehouse_owner GRANT SELECT ON TABLES TO governance_reader;
