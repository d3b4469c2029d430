// Package piecework holds the work itself: workshops, contractors, workers, products with their operations, processing
// orders, dated piece rates, work sessions, tallies and deliveries. Each operation is a free function that owns its SQL
// and its transaction; there is no service and no repository layer above or below it.
//
// Three things hold everywhere in this package:
//
//   - Counts are integers and money is never a float ([Money], [Rate]).
//   - A tally is never edited or deleted. A wrong one is struck by a reversing tally that names it.
//   - A tally counts once: its uid is made by whoever counted, and the same uid again is answered, not counted.
package piecework
