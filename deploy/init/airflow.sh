#!/bin/sh
# Airflow's tables, the pool that guards the warehouse, and one administrator. Safe to repeat.
set -eu
airflow db migrate
airflow pools set governance_warehouse "${GOVERNANCE_POOL_SLOTS:-4}" "Processes that may have the warehouse open at once"
airflow users list --output plain | awk '{print $2}' | grep -qx "$AIRFLOW_ADMIN_USER" || \
    airflow users create --role Admin --username "$AIRFLOW_ADMIN_USER" --password "$AIRFLOW_ADMIN_PASSWORD" \
        --firstname Airflow --lastname Administrator --email "$AIRFLOW_ADMIN_EMAIL"
