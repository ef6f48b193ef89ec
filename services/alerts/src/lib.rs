//! Departments hear of final warnings here.
