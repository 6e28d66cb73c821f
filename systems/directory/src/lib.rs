//! Persons, DNs, places, skills, trunks (Configuration Server).
