"""What an account has and asks for besides jobs: balance, catalogue, prices, prompts, history."""
