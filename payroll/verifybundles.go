package payroll

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// verifyBundles ties out what deliveries and decisions say of their bundles, whatever their number in a few queries: the bundles of a delivery
// make its pieces and those of a decision its own; of a bundle no more was decided in a delivery than was in it; and of no bundle more is out
// than its ticket is for, or than left of it the first time. That the records are all there is seen order by order.
func verifyBundles(ctx context.Context, db bun.IDB) error {
	for _, check := range []struct{ query, wrong string }{
		{`SELECT d.code AS name, 0 AS number, d.quantity AS kept, SUM(b.quantity) AS found
			FROM deliveries d JOIN delivery_bundles b ON b.delivery_id = d.id GROUP BY d.id, d.code, d.quantity HAVING SUM(b.quantity) <> d.quantity`,
			"delivery %[1]s does not tie out: its bundles make %[4]d pieces, but it has %[3]d"},
		{`SELECT d.code AS name, 0 AS number, a.accepted + a.rejected + a.returned AS kept, COALESCE(SUM(b.accepted + b.rejected + b.returned), 0) AS found
			FROM acceptances a JOIN deliveries d ON d.id = a.delivery_id LEFT JOIN acceptance_bundles b ON b.acceptance_id = a.id
			WHERE EXISTS (SELECT 1 FROM delivery_bundles x WHERE x.delivery_id = d.id)
			GROUP BY a.id, a.accepted, a.rejected, a.returned, d.code
			HAVING COALESCE(SUM(b.accepted), 0) <> a.accepted OR COALESCE(SUM(b.rejected), 0) <> a.rejected OR COALESCE(SUM(b.returned), 0) <> a.returned`,
			"delivery %[1]s does not tie out: a decision about %[3]d pieces says otherwise of its bundles, which make %[4]d"},
		{`SELECT d.code AS name, t.number, x.carried AS kept, x.decided AS found FROM (
			SELECT y.delivery_id, y.ticket_id, SUM(y.carried) AS carried, SUM(y.decided) AS decided FROM (
				SELECT delivery_id, ticket_id, quantity AS carried, 0 AS decided FROM delivery_bundles
				UNION ALL SELECT a.delivery_id, b.ticket_id, 0, b.accepted + b.rejected + b.returned FROM acceptance_bundles b JOIN acceptances a ON a.id = b.acceptance_id) AS y
			GROUP BY y.delivery_id, y.ticket_id HAVING SUM(y.decided) > SUM(y.carried)) AS x
			JOIN deliveries d ON d.id = x.delivery_id JOIN bundle_tickets t ON t.id = x.ticket_id`,
			"bundle %[2]d does not tie out: of its %[3]d pieces in delivery %[1]s %[4]d were decided about"},
		{`SELECT o.code AS name, t.number, t.quantity AS kept, x.away AS found FROM (
			SELECT y.ticket_id, SUM(y.carried) - SUM(y.returned) AS away, MIN(y.id) AS earliest FROM (
				SELECT ticket_id, id, quantity AS carried, 0 AS returned FROM delivery_bundles
				UNION ALL SELECT ticket_id, NULL, 0, returned FROM acceptance_bundles) AS y GROUP BY y.ticket_id) AS x
			JOIN bundle_tickets t ON t.id = x.ticket_id JOIN processing_orders o ON o.id = t.order_id JOIN delivery_bundles b ON b.id = x.earliest
			WHERE x.away > t.quantity AND x.away > b.quantity`,
			"bundle %[2]d of order %[1]s does not tie out: %[4]d of its %[3]d pieces are with the contractor"},
	} {
		var off []struct {
			Name                string
			Number, Kept, Found int64
		}
		if err := db.NewRaw("SELECT name, CAST(number AS BIGINT) AS number, CAST(kept AS BIGINT) AS kept, CAST(found AS BIGINT) AS found FROM ("+check.query+
			") AS off ORDER BY 1, 2 LIMIT 1").Scan(ctx, &off); err != nil {
			return fmt.Errorf("tie out bundles: %w", err)
		}
		for _, o := range off {
			return fmt.Errorf(check.wrong, o.Name, o.Number, o.Kept, o.Found)
		}
	}
	return nil
}
