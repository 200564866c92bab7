"""What replies tell besides their text: thoughts before an answer, what they were counted as, what a run's calls came to."""
