"""Events by day and type, with Spark: python3 spark_days.py <folder of the archive> (or spark-submit; s3a:// works as well)"""
import sys

from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
# spark.read.json would infer a schema, and lose keys that differ in case only; text is the line as it was archived.
events = spark.read.text(f"{sys.argv[1]}/events").selectExpr(
    "substring(get_json_object(value, '$.created_at'), 1, 10) AS dt", "get_json_object(value, '$.event_type') AS event_type"
)
for dt, event_type, count in events.groupBy("dt", "event_type").count().orderBy("dt", "event_type").collect():
    print(dt, event_type, count)
