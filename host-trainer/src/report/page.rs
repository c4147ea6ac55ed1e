//! The page that holds a report: style sheet, header and sections.

use std::fmt::Write as _;

use crate::plot::figure::{Figure, escape};
use crate::plot::palette::Palette;

const STYLE: &str = include_str!("style.css");

/// A page, section after section.
pub(super) struct Page {
    html: String,
}

impl Page {
    /// A page with a title, which may have any characters, and the content of its header.
    pub(super) fn new(title: String, header: String) -> Self {
        let (light, dark) = (Palette::Light.variables(), Palette::Dark.variables());
        let title = escape(&title);
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>\n:root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{STYLE}</style>\n\
             </head>\n<body>\n<header>\n{header}</header>\n<main>\n"
        );
        Self { html }
    }

    /// Appends a section; what explains it may be empty.
    pub(super) fn section(&mut self, id: &str, title: &str, explanation: &str, content: &str) {
        let explanation = if explanation.is_empty() { String::new() } else { format!("<p>{explanation}</p>\n") };
        let _ = write!(
            self.html,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n\
             {explanation}{content}</section>\n"
        );
    }

    /// Opens a group of sections; `class` is that of the style sheet.
    pub(super) fn open(&mut self, class: &str) {
        let _ = writeln!(self.html, "<div class=\"{class}\">");
    }

    /// Closes the group.
    pub(super) fn close(&mut self) {
        self.html += "</div>\n";
    }

    /// The whole page.
    pub(super) fn html(self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        self.html + &format!("</main>\n<footer>Written by host-trainer {version}.</footer>\n</body>\n</html>\n")
    }
}

/// The first lines of a header, the most important number in `strong`, and below them facts of name, value and remark.
pub(super) fn header(above: &str, strong: &str, title: &str, lead: &str, cards: &[(&str, String, String)]) -> String {
    let [above, strong, title, lead] = [above, strong, title, lead].map(escape);
    let mut html = format!(
        "<p class=\"above\">{above}</p>\n<h1><strong>{strong}</strong> {title}</h1>\n<p class=\"lead\">{lead}</p>\n\
         <dl class=\"cards\">\n"
    );
    for (name, value, remark) in cards {
        let (value, remark) = (escape(value), escape(remark));
        let _ = writeln!(html, "<div><dt>{name}</dt><dd>{value}</dd><dd class=\"remark\">{remark}</dd></div>");
    }
    html + "</dl>\n"
}

/// A figure that keeps its size and is moved sideways where there is no room.
pub(super) fn scrolled(figure: &Figure) -> String {
    format!("<div class=\"scroll whole\" tabindex=\"0\">\n{}</div>\n", figure.svg())
}

/// A table of headings and rows, the first column of names, the others of numbers; `class` is that of the style sheet.
/// Cells are HTML.
pub(super) fn table(class: &str, label: &str, headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut html = format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table class=\"{class}\">\n<thead><tr>"
    );
    for heading in headings {
        let _ = write!(html, "<th scope=\"col\">{heading}</th>");
    }
    html += "</tr></thead>\n<tbody>\n";
    for row in rows {
        html += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            match (column, cell.starts_with("<td")) {
                (0, _) => html += &format!("<th scope=\"row\">{cell}</th>"),
                (_, true) => html += cell,
                (_, false) => html += &format!("<td>{cell}</td>"),
            }
        }
        html += "</tr>\n";
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// A cell with a bar below its text, full at a share of 1.
pub(super) fn bar_cell(share: f64, text: &str) -> String {
    format!("<td class=\"bar\" style=\"--v:{share:.4}\">{text}</td>")
}
