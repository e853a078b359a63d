package athena

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sealpost/internal/archive"
)

// Table describes the table of reports: a folder for each day of receipt, in
// which each file is a line of JSON, gzipped.
type Table struct {
	Name      string
	Columns   []Column
	Partition Column
	Location  string // With a slash at its end.
	// SerDe is Hive's, not OpenX's, of which AWS says that its results are not
	// deterministic (Athena User Guide, "OpenX JSON SerDe").
	SerDe, InputFormat, OutputFormat string
	// Parameters have Athena work out which days there are, rather than look them up.
	Parameters map[string]string
}

// Names of tables.
const (
	Reports          = "reports"
	ReportsCompacted = "reports_compacted"
)

// ReportsTable gives the table of reports in a bucket. A bucket is what stands
// before the keys of the archive: "s3://name/".
func ReportsTable(bucket string) Table {
	location := bucket + archive.ReportsPrefix
	day := archive.PartitionColumn
	return Table{
		Name:         Reports,
		Columns:      Columns(),
		Partition:    Column{day, Type{kind: text}},
		Location:     location,
		SerDe:        "org.apache.hive.hcatalog.data.JsonSerDe",
		InputFormat:  "org.apache.hadoop.mapred.TextInputFormat",
		OutputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
		Parameters: map[string]string{
			"projection.enabled":                   "true",
			"projection." + day + ".type":          "date",
			"projection." + day + ".format":        "yyyy-MM-dd",
			"projection." + day + ".interval":      "1",
			"projection." + day + ".interval.unit": "DAYS",
			"projection." + day + ".range":         archive.FirstDay.Format(time.DateOnly) + ",NOW+1DAY",
			"storage.location.template":            location + day + "=${" + day + "}/",
			"classification":                       "json",
			"compressionType":                      "gzip",
		},
	}
}

// DDL is the statement that makes the table in Athena.
func (t Table) DDL() string {
	var columns, parameters []string
	for _, c := range t.Columns {
		columns = append(columns, fmt.Sprintf("  `%s` %s", c.Name, c.Type.Hive()))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Parameters)) {
		parameters = append(parameters, fmt.Sprintf("  '%s' = '%s'", name, t.Parameters[name]))
	}
	return fmt.Sprintf(`CREATE EXTERNAL TABLE %s (
%s
)
PARTITIONED BY (%s %s)
ROW FORMAT SERDE '%s'
STORED AS INPUTFORMAT '%s' OUTPUTFORMAT '%s'
LOCATION '%s'
TBLPROPERTIES (
%s
)
`, t.Name, strings.Join(columns, ",\n"), t.Partition.Name, t.Partition.Type.Hive(), t.SerDe, t.InputFormat, t.OutputFormat,
		t.Location, strings.Join(parameters, ",\n"))
}
