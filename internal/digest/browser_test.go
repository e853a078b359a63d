package digest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// browser is a Chromium that shows one page. It speaks the DevTools protocol
// over a pair of pipes, a message to a NUL, so nothing listens anywhere.
type browser struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	id      int
	session string
	frame   string
}

// openBrowser starts a program that is Chromium; it ends with the test.
func openBrowser(t *testing.T, program string) *browser {
	t.Helper()
	theirIn, in, err := os.Pipe()
	check(t, err)
	out, theirOut, err := os.Pipe()
	check(t, err)
	command := exec.Command(program, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
		"--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--hide-scrollbars", "--user-data-dir="+t.TempDir())
	command.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4, by the protocol.
	check(t, command.Start())
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		b.session = ""
		b.call("Browser.close", nil, nil)
		command.Wait() //nolint:errcheck // It was told to end.
		in.Close()
		out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", object{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session, b.frame = attached.SessionID, target.TargetID
	return b
}

type object map[string]any

// call asks for something and reads the answer, passing over events.
func (b *browser) call(method string, parameters object, answer any) {
	b.t.Helper()
	b.id++
	message := object{"id": b.id, "method": method, "params": parameters}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	check(b.t, err)
	_, err = b.in.Write(append(text, 0))
	check(b.t, err)
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser has gone: %v", method, err)
		}
		var reply struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		check(b.t, json.Unmarshal(text[:len(text)-1], &reply))
		if reply.ID != b.id {
			continue
		}
		if reply.Error != nil {
			b.t.Fatalf("%s: %s", method, reply.Error.Message)
		}
		if answer != nil {
			check(b.t, json.Unmarshal(reply.Result, answer))
		}
		return
	}
}

// screen is what a reader has before him.
type screen struct {
	name   string
	width  int
	phone  bool
	scheme string // "light" or "dark".
}

// show shows a page.
func (b *browser) show(s screen, html []byte) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", object{"width": s.width, "height": 800, "deviceScaleFactor": 1, "mobile": s.phone}, nil)
	b.call("Emulation.setEmulatedMedia", object{"features": []object{{"name": "prefers-color-scheme", "value": s.scheme}}}, nil)
	b.call("Page.setDocumentContent", object{"frameId": b.frame, "html": string(html)}, nil)
}

// measure runs a script in the page.
func (b *browser) measure(script string, answer any) {
	b.t.Helper()
	var reply struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	b.call("Runtime.evaluate", object{"expression": script, "returnByValue": true}, &reply)
	if reply.ExceptionDetails != nil {
		b.t.Fatal(reply.ExceptionDetails.Exception.Description)
	}
	if err := json.Unmarshal(reply.Result.Value, answer); err != nil {
		b.t.Fatal(fmt.Errorf("the script gave %q: %w", reply.Result.Value, err))
	}
}

// picture is a PNG of a part of the page.
func (b *browser) picture(x, width, height int, scale float64) []byte {
	b.t.Helper()
	var reply struct{ Data []byte } // In base64, as encoding/json has it.
	b.call("Page.captureScreenshot", object{"captureBeyondViewport": true,
		"clip": object{"x": x, "y": 0, "width": width, "height": height, "scale": scale}}, &reply)
	return reply.Data
}
