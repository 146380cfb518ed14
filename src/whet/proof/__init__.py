"""The judge's error rate beside other rules': known effects, known noise, the whole product."""
