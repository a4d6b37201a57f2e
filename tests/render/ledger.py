"""A module of the ledger of a small bank, the change of it that all records tell of, and its test."""

from __future__ import annotations

BEFORE = """\
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
"""
WHOLE = """\
@@ -1,7 +1,8 @@
-from decimal import ROUND_HALF_UP, Decimal
+from decimal import ROUND_HALF_EVEN, Decimal
\x20
 CENT = Decimal("0.01")
\x20
\x20
 def to_cents(amount: Decimal) -> Decimal:
-    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
+    \"\"\"Round to whole cents, half to even (IEEE 754).\"\"\"
+    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
"""
TEST = """\
@@ -0,0 +1,5 @@
+from decimal import Decimal
+
+
+def test_half_goes_to_even() -> None:
+    assert to_cents(Decimal("0.125")) == Decimal("0.12")
"""
