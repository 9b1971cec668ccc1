"""The whole way in, over a real Apache Kafka."""
