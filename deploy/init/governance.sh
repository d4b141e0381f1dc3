#!/bin/sh
# Keys, ledger, control tables; as the owner of the ledger. What `doctor` still finds wrong (an empty warehouse, an index) is
# shown and does not stop the deployment; a ledger that cannot be read or whose evidence was altered does. Safe to repeat.
set -eu
governance doctor --fix || echo "doctor found more to do: see above; governance doctor shows it again"
exec governance evidence verify
