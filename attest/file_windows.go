package attest

import (
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openNoFollow opens what path itself names. The caller checks that what was
// opened is a regular file.
func openNoFollow(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	opened, err := f.Stat()
	if err != nil || !os.SameFile(info, opened) {
		f.Close()
		return nil, fmt.Errorf("%q changed while it was opened", path)
	}
	return f, nil
}

// checkPrivate accepts an access control list that admits the user, the system
// and administrators, who can take any file, and nobody else.
func checkPrivate(f *os.File, _ fs.FileInfo) error {
	user, err := currentUser()
	if err != nil {
		return err
	}
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("reading the access control list of %q: %w", f.Name(), err)
	}
	// A SID is the same word in cmd.exe and PowerShell, and there is no other name for it.
	others := fmt.Errorf("%w: icacls \"%s\" /inheritance:r /grant:r *%s:F", ErrReadableByOthers, f.Name(), user)
	dacl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("reading the access control list of %q: %w", f.Name(), err)
	}
	if dacl == nil { // no list admits everybody
		return others
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return fmt.Errorf("reading the access control list of %q: %w", f.Name(), err)
		}
		if ace.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE {
			continue
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE {
			return others
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if !sid.Equals(user) && !sid.IsWellKnown(windows.WinLocalSystemSid) &&
			!sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) {
			return others
		}
	}
	return nil
}

// keepPrivate gives the file a list of its own, that admits the user alone.
func keepPrivate(f *os.File) error {
	user, err := currentUser()
	if err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + user.String() + ")")
	if err != nil {
		return fmt.Errorf("making an access control list: %w", err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("making an access control list: %w", err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(f.Name(), windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		return fmt.Errorf("setting the access control list of %q: %w", f.Name(), err)
	}
	return nil
}

func currentUser() (*windows.SID, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, fmt.Errorf("asking who runs this: %w", err)
	}
	return user.User.Sid, nil
}

// syncDir does nothing: a directory cannot be flushed here.
func syncDir(string) error { return nil }
