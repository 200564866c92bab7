"""What a person sees: screen, figures, comparisons, approval."""
