package main

import (
	"testing"
	"time"
)

func TestReceivedAt(t *testing.T) {
	now := time.Date(2026, time.November, 20, 12, 0, 0, 0, time.UTC)
	tuesday := time.Date(2026, time.November, 17, 10, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		mail string
		want time.Time
	}{
		"the first field":           {"Return-Path: <>\nReceived: from a by b; Tue, 17 Nov 2026 11:00:00 +0100 (CET)\nReceived: by c; Mon, 16 Nov 2026 10:00:00 +0000\n\n", tuesday},
		"folded":                    {"received: from a\r\n\tby b; with c;\r\n Tue, 17 Nov 2026 10:00:00 +0000\r\nFrom: x\r\n\r\n", tuesday},
		"folded within the date":    {"Received: from a by b with\r\n\tMicrosoft SMTP Server id 15.20; Tue, 17 Nov\r\n\t2026 10:00:00\r\n +0000\r\nFrom: x\r\n\r\n", tuesday},
		"folded, white space only":  {"Received: by c;\r\n \r\n Tue, 17 Nov 2026 10:00:00 +0000\r\n\r\n", tuesday},
		"a semicolon in a comment":  {"Received: by c; Tue,\r\n 17 Nov (the (third;) \\) week) 2026 10:00:00 +0000 (UTC; by NTP)\r\n\r\n", tuesday},
		"blanks before the colon":   {"Received : by c; Tue, 17 Nov 2026 10:00:00 +0000\r\n\r\n", tuesday},
		"a line that is no field":   {"nonsense\r\n ; Mon, 16 Nov 2026 10:00:00 +0000\r\nReceived: by c; Tue, 17 Nov 2026 10:00:00 +0000\r\n\r\n", tuesday},
		"a comment that never ends": {"Received: by c; Tue, 17 Nov 2026 10:00:00 +0000 (UTC\r\n\r\n", tuesday},
		"none":                      {"Date: Tue, 17 Nov 2026 10:00:00 +0000\n\nReceived: by c; Tue, 17 Nov 2026 10:00:00 +0000\n", time.Time{}},
		"no date":                   {"Received: by c\n\n", time.Time{}},
		"ahead":                     {"Received: by c; Sat, 21 Nov 2026 10:00:00 +0000\n\n", time.Time{}},
		"before there was":          {"Received: by c; Thu, 01 Jan 1970 00:00:00 +0000\n\n", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := receivedAt([]byte(test.mail), now); !got.Equal(test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestLooksLikeMail(t *testing.T) {
	for text, want := range map[string]bool{
		"Return-Path: <>\n": true, "X-A_b.c :\n": true, "{\"a\":1}": false, "\"a\":1": false, "[1]": false,
		"\x1f\x8b:": false, "no report: none": false, "": false, " From: x": false,
	} {
		if got := looksLikeMail("a", []byte(text)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	if !looksLikeMail("a.EML", nil) {
		t.Error("a.EML does not look like a mail")
	}
}
