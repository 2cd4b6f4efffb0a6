"""An index as somebody sees it who may not see everything: fewer rows, and no addresses."""
