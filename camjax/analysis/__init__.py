"""What people read off results: bands, probabilities, comparisons, risks, flows and times."""

from camjax.analysis.bands import bands, final_split, snapshot
from camjax.analysis.budget import deficit, profit, savings_cost
from camjax.analysis.comparison import compare, compare_all
from camjax.analysis.correlation import correlation_matrix, rolling_correlation
from camjax.analysis.flows import total_transfers, transfers, user_balance
from camjax.analysis.key_figures import key_figures
from camjax.analysis.probabilities import happens, probability, probability_over_time
from camjax.analysis.quantities import quantity, shares, so_far
from camjax.analysis.rates import rate_spread
from camjax.analysis.revenue import declares_revenue, protocol_revenue
from camjax.analysis.rounded import precision_of
from camjax.analysis.tail_risk import tail_risk
from camjax.analysis.times import time_to_event

__all__ = [
    "bands",
    "compare",
    "compare_all",
    "correlation_matrix",
    "declares_revenue",
    "deficit",
    "final_split",
    "happens",
    "key_figures",
    "precision_of",
    "probability",
    "probability_over_time",
    "profit",
    "protocol_revenue",
    "quantity",
    "rate_spread",
    "rolling_correlation",
    "savings_cost",
    "shares",
    "snapshot",
    "so_far",
    "tail_risk",
    "time_to_event",
    "total_transfers",
    "transfers",
    "user_balance",
]
