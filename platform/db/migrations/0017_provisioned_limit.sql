-- Serves beside: 0015_cutoff
-- Limits of request rates that were set by UpdateProvisionedLimit. A category without a row has the limit of the configuration.
CREATE TABLE provisioned_limit (
  category TEXT   NOT NULL,
  value    BIGINT NOT NULL, -- requests per second
  PRIMARY KEY (category)
);
