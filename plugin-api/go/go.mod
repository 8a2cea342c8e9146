module udf-host/udf

go 1.19
