package querytest

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealpost/internal/compaction"
	"sealpost/schemas/athena"
)

// compacted is Trino as an engine of compactions. Two of the statements are
// Athena's own: there the table is made already, and files are not removed.
type compacted struct{ *Trino }

func (c compacted) Run(ctx context.Context, sql, _ string) error {
	if strings.HasPrefix(sql, "CREATE TABLE") || sql == athena.Vacuum {
		return nil
	}
	_, err := c.Trino.Run(ctx, sql)
	return err
}

func (c compacted) Value(ctx context.Context, sql, _ string) (string, bool, error) {
	answer, err := c.Trino.Run(ctx, sql)
	if err != nil || answer.Rows[0][0] == nil {
		return "", false, err
	}
	return answer.Rows[0][0].(string), true, nil
}

// TestTrinoCompacts has the compaction run as its function runs it, day after
// day, and then what is too old be deleted.
func TestTrinoCompacts(t *testing.T) {
	trino := NewTrino(t)
	corpus := NewCorpus()
	corpus.Store(t, trino.Dir)
	now := Today
	compactor := compaction.Compactor{Engine: compacted{trino}, KeepDays: 365, Now: func() time.Time { return now }}
	run := func() compaction.Done {
		t.Helper()
		done, err := compactor.Answer(t.Context(), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	check := func(when string) {
		t.Helper()
		compare(t, when, trino.Engine(t), "SELECT * FROM policy_results", unordered(corpus.Views()["policy_results"]))
	}
	run()
	check("after the first run")
	for range 7 { // One of them is a Sunday.
		now = now.AddDate(0, 0, 1)
		run()
	}
	check("after a week")
	before := trino.count(t, athena.ReportsCompacted)

	compactor.KeepDays = 30
	done := run()
	older := trino.count(t, athena.ReportsCompacted+" WHERE dt < "+literal(done.Oldest))
	if left := trino.count(t, athena.ReportsCompacted); older != 0 || left == 0 || left == before {
		t.Errorf("of %d lines %d are left, of which %d are too old", before, left, older)
	}
	// Files that say which lines of others are deleted would leave those lines where they are.
	if files := trino.count(t, `"`+athena.ReportsCompacted+`$files" WHERE content <> 0`); files != 0 {
		t.Errorf("%d files say what is deleted; whole files must go", files)
	}
}
