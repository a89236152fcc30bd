"""Search: what was asked, ranked windows over videos, accounts and cameos, and pages of them under the rules."""
