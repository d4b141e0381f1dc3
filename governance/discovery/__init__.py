"""Find personal data: profile by SQL, recognize, explain, propose."""
