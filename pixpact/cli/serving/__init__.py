"""What `pixpact serve` consists of beside its flags: what it prints, its log, its workers."""
