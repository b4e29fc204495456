// Silo
