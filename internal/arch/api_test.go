package arch

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// public are the packages that others import.
var public = []string{"metadata", "attest", "trustroots", "verify", "verify/online", "issuer", "testvectors"}

func TestExportedAPI(t *testing.T) {
	for _, pkg := range loadPublic(t) {
		t.Run(pkg.path, func(t *testing.T) {
			t.Run("names no confined library", func(t *testing.T) { checkNames(t, pkg) })
			t.Run("is documented", func(t *testing.T) { checkDocs(t, pkg) })
		})
	}
}

// checkNames fails for every exported object of pkg whose type mentions a
// confined library, or a package of ours that no one else can import.
func checkNames(t *testing.T, pkg source) {
	w := &walker{seen: map[types.Type]bool{}}
	scope := pkg.types.Scope()
	for _, name := range scope.Names() {
		obj := scope.Lookup(name)
		if !obj.Exported() {
			continue
		}
		w.found = nil
		w.object(obj)
		for _, path := range w.found {
			for _, prefix := range confined {
				if within(path, prefix) {
					t.Errorf("%s.%s: its exported API mentions %s", pkg.path, name, path)
				}
			}
			if strings.HasPrefix(path, module+"/internal/") {
				t.Errorf("%s.%s: its exported API mentions %s, which nobody else can import", pkg.path, name, path)
			}
		}
	}
}

// A walker collects the import paths of the named types that a type mentions
// where a user of the API can see them.
type walker struct {
	seen  map[types.Type]bool
	found []string
}

func (w *walker) object(obj types.Object) {
	name, ok := obj.(*types.TypeName)
	if !ok {
		w.visit(obj.Type())
		return
	}
	if alias, ok := name.Type().(*types.Alias); ok {
		w.visit(alias.Rhs())
		return
	}
	named, ok := name.Type().(*types.Named)
	if !ok {
		return
	}
	w.visit(named.Underlying())
	for method := range named.Methods() {
		if method.Exported() {
			w.visit(method.Type())
		}
	}
	for param := range named.TypeParams().TypeParams() {
		w.visit(param.Constraint())
	}
}

func (w *walker) visit(t types.Type) {
	if t == nil || w.seen[t] {
		return
	}
	switch t := t.(type) {
	case *types.Named: // its own API is checked where it is declared
		if p := t.Obj().Pkg(); p != nil {
			w.found = append(w.found, p.Path())
		}
		for arg := range t.TypeArgs().Types() {
			w.visit(arg)
		}
		return
	case *types.Alias:
		if p := t.Obj().Pkg(); p != nil {
			w.found = append(w.found, p.Path())
		}
		return
	}
	w.seen[t] = true
	defer delete(w.seen, t)
	switch t := t.(type) {
	case *types.Pointer:
		w.visit(t.Elem())
	case *types.Slice:
		w.visit(t.Elem())
	case *types.Array:
		w.visit(t.Elem())
	case *types.Chan:
		w.visit(t.Elem())
	case *types.Map:
		w.visit(t.Key())
		w.visit(t.Elem())
	case *types.Signature:
		w.visit(t.Params())
		w.visit(t.Results())
		for param := range t.TypeParams().TypeParams() {
			w.visit(param.Constraint())
		}
	case *types.Tuple:
		for v := range t.Variables() {
			w.visit(v.Type())
		}
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() {
				w.visit(f.Type())
			}
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			w.visit(m.Type())
		}
		for e := range t.EmbeddedTypes() {
			w.visit(e)
		}
	case *types.Union:
		for term := range t.Terms() {
			w.visit(term.Type())
		}
	}
}

// checkDocs fails for the package and every exported identifier of pkg that
// has no doc comment. One comment on a group of constants or variables, or at
// the end of the line, serves.
func checkDocs(t *testing.T, pkg source) {
	documented := false
	for _, file := range pkg.files {
		documented = documented || file.Doc != nil
		for _, decl := range file.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil && !wellKnown(d) {
					t.Errorf("%s: %s has no doc comment", pkg.fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					checkSpec(t, pkg, d, spec)
				}
			}
		}
	}
	if !documented {
		t.Errorf("package %s has no package comment", pkg.path)
	}
}

func checkSpec(t *testing.T, pkg source, d *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if s.Name.IsExported() && s.Doc == nil && d.Doc == nil {
			t.Errorf("%s: %s has no doc comment", pkg.fset.Position(s.Pos()), s.Name.Name)
		}
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
				t.Errorf("%s: %s has no doc comment", pkg.fset.Position(name.Pos()), name.Name)
			}
		}
	}
}

// exportedReceiver reports whether d is a function or a method of a type that a
// user can name.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	expr := d.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return false
		}
	}
}

// wellKnown reports whether d is a method whose meaning the standard library
// fixes, so that a comment could only repeat it.
func wellKnown(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return false
	}
	switch d.Name.Name {
	case "Error", "Unwrap", "Is", "As", "String":
		return true
	}
	return false
}

// A source is one package as written and as type-checked.
type source struct {
	path  string
	fset  *token.FileSet
	files []*ast.File
	types *types.Package
}

// loadPublic parses and type-checks the public packages; what they import comes
// from the export data of the build cache.
func loadPublic(t *testing.T) []source {
	t.Helper()
	args := []string{"-export", "-deps", "-f", "{{.ImportPath}}|{{.Export}}|{{.Dir}}|{{join .GoFiles \",\"}}"}
	for _, p := range public {
		args = append(args, module+"/"+p)
	}
	export := map[string]string{}
	listed := map[string][]string{}
	for _, line := range goList(t, args...) {
		field := strings.Split(line, "|")
		if len(field) != 4 {
			t.Fatalf("unexpected line of go list: %q", line)
		}
		export[field[0]] = field[1]
		for name := range strings.SplitSeq(field[3], ",") {
			listed[field[0]] = append(listed[field[0]], filepath.Join(field[2], name))
		}
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(export[path]) }

	var pkgs []source
	for _, p := range public {
		s := source{path: p, fset: token.NewFileSet()}
		for _, name := range listed[module+"/"+p] {
			file, err := parser.ParseFile(s.fset, name, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			s.files = append(s.files, file)
		}
		if len(s.files) == 0 {
			t.Fatalf("%s: nothing to check", p)
		}
		conf := types.Config{Importer: importer.ForCompiler(s.fset, "gc", lookup)}
		pkg, err := conf.Check(module+"/"+p, s.fset, s.files, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.types = pkg
		pkgs = append(pkgs, s)
	}
	return pkgs
}
