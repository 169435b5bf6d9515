package cli_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var planID = regexp.MustCompile(`plan-[0-9a-f]+`)

// startplanned ARGS…: `headwater ARGS… backfill start PLAN --reason …` of the plan that the command before has printed.
func startplanned(ts *testscript.TestScript, _ bool, args []string) {
	id := planID.FindString(ts.ReadFile("stdout"))
	ts.Check(ts.Exec("headwater", append(args, "backfill", "start", id, "--reason", "the file came after all", "--output", "table")...))
}

// session is one talk with a server over stdio.
type session struct {
	ts    *testscript.TestScript
	in    *json.Encoder
	out   *bufio.Scanner
	asked int
}

// ask sends a request and returns the response, which is no error.
func (s *session) ask(method string, params any) string {
	s.asked++
	s.ts.Check(s.in.Encode(map[string]any{"jsonrpc": "2.0", "id": s.asked, "method": method, "params": params}))
	own := fmt.Sprintf(`"id":%d,`, s.asked)
	for s.out.Scan() {
		line := s.out.Text()
		if !strings.Contains(line, own) {
			continue // a notification
		}
		if strings.Contains(line, `"error":{`) || strings.Contains(line, `"isError":true`) {
			s.ts.Fatalf("%s: %s", method, line)
		}
		return line
	}
	s.ts.Fatalf("%s: the server has ended: %v", method, s.out.Err())
	return ""
}

func (s *session) call(tool string, arguments any) string {
	return s.ask("tools/call", map[string]any{"name": tool, "arguments": arguments})
}

// servedrepair ARGS…: talks to `headwater demo ARGS… --mcp` as an assistant does: it finds the incident, repairs it by plan and
// run, and asks again. Closing stdin ends the server, and everything that it started. What it said is in the file `said`.
func servedRepair(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("sh", "-c", "command -v headwater")) // in the PATH of the script
	cmd := exec.Command(strings.TrimSpace(ts.ReadFile("stdout")), append([]string{"demo", "--mcp"}, args...)...)
	said, err := os.Create(ts.MkAbs("said"))
	ts.Check(err)
	defer said.Close()
	cmd.Stderr = said
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "TMPDIR="+ts.Getenv("TMPDIR"), "PATH="+ts.Getenv("PATH"))
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	defer cmd.Process.Kill() // has ended where all went well
	s := &session{ts: ts, in: json.NewEncoder(in), out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 1<<20) //nolint:mnd // of an answer

	s.ask("initialize", map[string]any{
		"protocolVersion": "2025-11-25", "capabilities": map[string]any{}, "clientInfo": map[string]any{"name": "script", "version": "1"},
	})
	question := map[string]any{"fact": "app_visit", "grain": "day"}
	if answer := s.call("explain_active_users", question); !strings.Contains(answer, `"cause":"missing_partition"`) {
		ts.Fatalf("no incident is served: %s", answer)
	}
	day := "2026-06-14"
	plan := s.call("plan_backfill", map[string]any{"nodes": []string{"app_visit_activation_daily"}, "first": day, "last": day})
	run := s.call("start_backfill", map[string]any{"plan_id": planID.FindString(plan), "reason": "the file came after all"})
	id := regexp.MustCompile(`run-[0-9a-z-]+`).FindString(run)
	for deadline := time.Now().Add(5 * time.Minute); ; {
		answer := s.call("get_backfill", map[string]any{"run_id": id, "wait_seconds": 25})
		if strings.Contains(answer, `"status":"succeeded"`) {
			break
		}
		if strings.Contains(answer, `"status":"failed"`) || time.Now().After(deadline) {
			ts.Fatalf("the run does not succeed: %s", answer)
		}
	}
	if answer := s.call("explain_active_users", question); !strings.Contains(answer, `"verdict":{"class":"none"`) {
		ts.Fatalf("the day is not ordinary after the repair: %s", answer)
	}
	ts.Check(in.Close())
	ts.Check(cmd.Wait())
}
