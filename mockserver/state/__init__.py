"""Everything that changes: tasks, uploads, money, standing faults, the journal."""
