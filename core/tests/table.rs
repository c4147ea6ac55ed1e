//! The CSV reader of the examples: its errors name the line and column, and the tables of the examples are valid.

#[allow(dead_code)]
#[path = "../examples/table/mod.rs"]
mod table;

use table::{TableError, read};

#[test]
fn reads_numbers_and_names_what_is_none() {
    assert_eq!(read("a,b\n1,2\n-3, 4.5\n"), Ok(vec![[1.0, 2.0], [-3.0, 4.5]]));
    assert_eq!(read::<2>("a,b\n"), Ok(vec![]));
    for (text, line, column, found) in [
        ("a,b\n1,2\n1,x\n", 3, 2, "x"),
        ("a,b\n1\n", 2, 2, ""),
        ("a,b\n1,2,3\n", 2, 3, "3"),
        ("a,b\n1,NaN\n", 2, 2, "NaN"),
        ("a,b\n1e99,2\n", 2, 1, "1e99"),
        ("a,b\n\n", 2, 1, ""),
    ] {
        assert_eq!(read::<2>(text), Err(TableError { line, column, found: found.into() }));
    }
}

#[test]
fn the_tables_are_whole() -> Result<(), TableError> {
    assert_eq!(read::<7>(include_str!("../examples/data/auto_mpg.csv"))?.len(), 392);
    let tumours = read::<11>(include_str!("../examples/data/breast_cancer.csv"))?;
    assert_eq!((tumours.len(), tumours.iter().map(|row| row[0]).sum::<f32>()), (569, 212.0));
    Ok(())
}
