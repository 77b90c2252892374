"""All cases, from the modules that hold them."""

from tests.compatibility import cells, editing, exports, functions, maps_and_charts, pages
from tests.compatibility.case import CASES

__all__ = ["CASES", "cells", "editing", "exports", "functions", "maps_and_charts", "pages"]
