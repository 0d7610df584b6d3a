"""What tests share; each room says what lives there. Here: small tools of the tests themselves."""
