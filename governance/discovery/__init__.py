"""Find personal data: profile by SQL, recognize, explain, propose.

Only counts and a bounded number of distinct values leave the warehouse, the values into memory and no further. Reading
is enough: an account that can create nothing will do.
"""

from governance.discovery.discover import Discovery, Known, Looked, discover, look_at, referred_first, unsettled
from governance.discovery.drift import compare, drift_findings
from governance.discovery.recognizer import Recognizer, load
from governance.discovery.sample import Look, Mode, Sample, TableScan
from governance.discovery.scan import scan

__all__ = ["Discovery", "Known", "Look", "Looked", "Mode", "Recognizer", "Sample", "TableScan", "compare", "discover", "drift_findings",
           "load", "look_at", "referred_first", "scan", "unsettled"]
