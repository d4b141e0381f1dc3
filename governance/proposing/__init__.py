"""From a live schema and what discovery proposed of it to a policy folder that loads: a proposal for people to decide about."""
