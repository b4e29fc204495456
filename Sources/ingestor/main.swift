print("ingestor")
