package athena

import "slices"

// View is a SELECT that others read by its name.
type View struct {
	Name    string
	SQL     string
	Columns []Column // What it gives, for a catalog that wants to know.
}

// AllReports is the view that all the others stand on, and the only one that
// reads tables.
const AllReports = "all_reports"

// Views gives the views, each after those that it reads.
func Views() []View {
	policies := membersOf(Columns(), "policies")
	failureDetails := membersOf(policies, "failure_details")
	policyResults := slices.Concat(ofEveryReport(), []Column{{"policy_number", Type{kind: bigint}}}, counted(policies))
	failures := slices.Concat(ofEveryReport(), []Column{{"policy_number", Type{kind: bigint}}, {"policy_type", Type{}}, {"policy_domain", Type{}}}, counted(failureDetails))
	return []View{
		view(AllReports, append(Columns(), Column{"dt", Type{}})),
		view("policy_results", policyResults),
		view("distinct_reports", append(ofEveryReport(), Column{"policy_domain", Type{}})),
		view("failures", failures),
	}
}

func view(name string, columns []Column) View {
	return View{name, withColumns(read("views/" + name + ".sql")), columns}
}

// ofEveryReport are the columns that views begin with.
func ofEveryReport() []Column {
	var columns []Column
	for _, name := range []string{"report_key", "dt", "received_at", "channel", "trust", "trust_domain", "organization_name", "contact_info",
		"report_id", "start_datetime", "end_datetime", "week"} {
		column := Column{name, Type{kind: text}}
		if slices.Contains([]string{"received_at", "start_datetime", "end_datetime"}, name) {
			column.Type.kind = timestamp
		}
		columns = append(columns, column)
	}
	return columns
}

// counted are members as columns of a view, in which counts are wide enough for
// any sum.
func counted(members []Column) []Column {
	columns := slices.Clone(members)
	for i := range columns {
		if columns[i].Type.kind == bigint {
			columns[i].Type.kind = decimal
		}
	}
	return columns
}

func membersOf(columns []Column, name string) []Column {
	for _, c := range columns {
		if c.Name == name {
			return c.Type.members
		}
	}
	panic("a line has no " + name) // It is part of the program.
}
