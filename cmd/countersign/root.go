package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK       = 0 // verified, or done
	exitRejected = 1 // the input is wrong
	exitUsage    = 2 // the command line is wrong
	exitFailed   = 3 // inconclusive, or the command could not do its work
)

const (
	groupPublisher = "publisher"
	groupOperator  = "operator"
)

// newRoot builds the command tree.
func newRoot(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "countersign",
		Short:         "Prove who is behind an OAuth client",
		Long:          "countersign proves who is behind an OAuth client: it signs software statements for publishers,\nverifies them for anyone, and decides for operators what a client may do, for how long.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{&flagError{flagFault(c, err)}} })
	root.AddGroup(
		&cobra.Group{ID: groupPublisher, Title: "Publisher:"},
		&cobra.Group{ID: groupOperator, Title: "Operator:"},
	)
	root.AddCommand(commands()...)
	root.SetHelpCommandGroupID(groupOperator)
	root.SetCompletionCommandGroupID(groupOperator)
	tellUsage(root)
	return root
}

// flagFault says what is wrong where the flags of a command cannot be read: of a
// group it is the command, whose flags the group does not have.
func flagFault(c *cobra.Command, err error) error {
	words := c.Flags().Args()
	switch {
	case !c.HasSubCommands() || !c.HasParent():
		return err
	case len(words) > 0:
		return fmt.Errorf("unknown command %.100q for %q", words[0], c.CommandPath())
	}
	return errNoCommand(c)
}

// group makes a command of others, which does nothing by itself.
func group(c *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	c.AddCommand(commands...)
	c.Args = cobra.NoArgs
	c.RunE = func(c *cobra.Command, _ []string) error { return &usageError{errNoCommand(c)} }
	return c
}

// errNoCommand says which commands a group has.
func errNoCommand(c *cobra.Command) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return fmt.Errorf("name what to do, one of: %s", strings.Join(names, ", "))
}

// tellUsage makes wrong arguments of a command, and of those below it, usage
// errors that say which it takes.
func tellUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &usageError{fmt.Errorf("%w: it is %s", err, c.UseLine())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		tellUsage(sub)
	}
}

// commands are all sub-commands; each has a file of its own.
func commands() []*cobra.Command {
	return []*cobra.Command{
		verifyCommand(), whyCommand(), versionCommand(),
		initCommand(), signCommand(), publishCommand(), doctorCommand(), keysCommand(), demoCommand(),
		serveCommand(), decideCommand(), policyCommand(), modeCommand(), reportCommand(), toolsCommand(), catalogCommand(), probeCommand(),
		publishersCommand(), clientsCommand(), reviewCommand(), documentsCommand(), allowCommand(), holdCommand(), releaseCommand(), liftCommand(), actsCommand(), exportCommand(),
	}
}

// A usageError says that the command line is wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// A flagError says that the flags could not be read.
type flagError struct{ err error }

func (e *flagError) Error() string { return e.err.Error() }
func (e *flagError) Unwrap() error { return e.err }

// An exitError ends the command with a code after its output is complete. Its
// err, where it has one, is still to be told.
type exitError struct {
	code int
	err  error
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return "exit " + strconv.Itoa(e.code)
	}
	return e.err.Error()
}
func (e *exitError) Unwrap() error { return e.err }

// fail is an error with the mend for it. The command could not do its work.
func fail(err error, hint string) error { return &exitError{code: exitFailed, err: err, hint: hint} }

// wantsJSON reports whether the command was asked for JSON. Where its flags could
// not be read, the arguments as they are say so.
func wantsJSON(executed *cobra.Command, err error, args []string) bool {
	var unread *flagError
	if errors.As(err, &unread) || !executed.HasParent() {
		return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
	}
	asked, err := executed.Flags().GetBool("json")
	return err == nil && asked
}

// report tells an error and returns the exit code for it. As JSON standard output
// then holds one error object.
func report(err error, asJSON bool, stdout, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	code, hint := exitFailed, ""
	var usage *usageError
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		code, hint = exit.code, exit.hint
		if exit.err == nil {
			return code
		}
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		code = exitUsage
		hint = "countersign --help, or --help after a command, lists what there is"
	}
	fmt.Fprintf(stderr, "countersign: error: %s\n", printable(err.Error()))
	if hint != "" {
		fmt.Fprintf(stderr, "countersign: hint: %s\n", printable(hint))
	}
	if asJSON {
		writeJSON(stdout, map[string]string{"error": map[int]string{
			exitRejected: "rejected", exitUsage: "usage", exitFailed: "failed"}[code], "error_description": printable(err.Error())})
	}
	return code
}

// writeJSON writes one indented JSON object.
func writeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		fmt.Fprintf(w, "{\"error\":\"failed\"}\n")
	}
}

// printable makes a text that may hold what a stranger wrote safe for a
// terminal: control and format characters are shown as escapes.
func printable(s string) string {
	var b strings.Builder
	for _, c := range s {
		if strconv.IsPrint(c) || c == '\n' || c == '\t' {
			b.WriteRune(c)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
	}
	return b.String()
}
