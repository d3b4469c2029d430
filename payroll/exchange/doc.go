// Package exchange moves data in and out of the program: it reads the import tables from a folder of CSV files or one
// .xlsx workbook, writes the empty workbook to fill in, and writes what a pay run says for other programs and banks.
//
// Reading is strict, because a wrong count is money: whatever a cell holds that its column does not allow is a [Fault] that
// names file, row, column and value, and one fault leaves the database as it was. The rules that hold for every column:
//
//   - A blank cell is an absent value; a row without any value is skipped.
//   - Blanks around a name, phone or note are dropped. Around anything else they are a fault.
//   - Rows are counted as an editor or a spreadsheet shows them: the header row is row 1.
//   - A cell that Excel keeps as a number is read with the 15 digits Excel shows; a cell styled as a date or as a time
//     becomes one. A text cell follows the rules of CSV.
//
// Writing never rounds and never guesses: every export shows the amounts that the slips show, as text in CSV and as numbers
// with exactly these digits in workbooks. Text that people typed and that a spreadsheet would take for a formula when it
// opens a CSV file gets an apostrophe in front; codes cannot be formulas and numbers are never touched.
package exchange
