package digesttest

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		time.Sleep(time.Until(midnight) - testTime - time.Second)
		if got, want := Now(), midnight.Add(-testTime-time.Second); !got.Equal(want) || !time.Now().Equal(want) {
			t.Errorf("early enough: %v at %v, want both %v", got, time.Now(), want)
		}
		time.Sleep(2 * time.Second)
		if got := Now(); !got.Equal(midnight) || !time.Now().Equal(midnight) {
			t.Errorf("shortly before midnight: %v at %v, want both %v", got, time.Now(), midnight)
		}
	})
}
