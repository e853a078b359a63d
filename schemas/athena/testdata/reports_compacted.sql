CREATE TABLE IF NOT EXISTS reports_compacted (
  dt string,
  schema_version int,
  report_key string,
  received_at string,
  channel string,
  trust string,
  trust_domain string,
  organization_name string,
  contact_info string,
  report_id string,
  start_datetime string,
  end_datetime string,
  policies array<struct<policy_type:string,policy_string:array<string>,policy_domain:string,mx_host:array<string>,total_successful_session_count:bigint,total_failure_session_count:bigint,failure_details:array<struct<result_type:string,sending_mta_ip:string,receiving_mx_hostname:string,receiving_mx_helo:string,receiving_ip:string,failed_session_count:bigint,additional_information:string,failure_reason_code:string>>>>,
  deviations array<string>,
  report_json string
)
PARTITIONED BY (dt)
LOCATION 's3://BUCKET/compacted/v1/'
TBLPROPERTIES (
  'table_type' = 'ICEBERG',
  'format' = 'parquet',
  'write_compression' = 'zstd'
)
