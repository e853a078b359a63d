CREATE EXTERNAL TABLE reports (
  `schema_version` int,
  `report_key` string,
  `received_at` string,
  `channel` string,
  `trust` string,
  `trust_domain` string,
  `organization_name` string,
  `contact_info` string,
  `report_id` string,
  `start_datetime` string,
  `end_datetime` string,
  `policies` array<struct<policy_type:string,policy_string:array<string>,policy_domain:string,mx_host:array<string>,total_successful_session_count:bigint,total_failure_session_count:bigint,failure_details:array<struct<result_type:string,sending_mta_ip:string,receiving_mx_hostname:string,receiving_mx_helo:string,receiving_ip:string,failed_session_count:bigint,additional_information:string,failure_reason_code:string>>>>,
  `deviations` array<string>,
  `report_json` string
)
PARTITIONED BY (dt string)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat' OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://BUCKET/reports/v1/'
TBLPROPERTIES (
  'classification' = 'json',
  'compressionType' = 'gzip',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS',
  'projection.dt.range' = '2018-01-01,NOW+1DAY',
  'projection.dt.type' = 'date',
  'projection.enabled' = 'true',
  'storage.location.template' = 's3://BUCKET/reports/v1/dt=${dt}/'
)
