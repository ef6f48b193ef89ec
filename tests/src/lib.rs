//! What only the whole house can show.
