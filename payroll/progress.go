package payroll

import "context"

// Step is a part of computing a run that can take long.
type Step string

// The steps, in their order.
const (
	Adding  Step = "adding"  // what was counted is summed, session by session
	Pricing Step = "pricing" // slips are worked out
	Holding Step = "holding" // the tallies are claimed for the run, session by session
	Writing Step = "writing" // slips are written, one by one
)

// Progress is how far a step has come: Done of Total sessions or slips. Total 0 says that the step does not count.
type Progress struct {
	Step        Step
	Done, Total int
}

type progressKey struct{}

// WithProgress has whatever computes a run under the context tell how far it has come, a few dozen times a step. tell must not wait.
func WithProgress(ctx context.Context, tell func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, tell)
}

func tell(ctx context.Context, p Progress) {
	if f, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		f(p)
	}
}
