//! Finds the piece of syntax that a mutant is about.

use std::collections::BTreeMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprMatch, ExprStruct, ExprUnary, FieldValue, ImplItemConst,
    ItemConst, ItemStatic, Pat, ReturnType, Signature, Type,
};

use crate::Place;

/// A piece of syntax that mutants are woven into; all ranges are in bytes.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// The body of a function, between its braces.
    Body(Range<usize>),
    /// `left op right`.
    Binary {
        whole: Range<usize>,
        left: Range<usize>,
        right: Range<usize>,
    },
    /// `op of`.
    Unary {
        whole: Range<usize>,
        of: Range<usize>,
    },
    /// A match arm: its pattern's end, and its guard.
    Arm {
        pattern_end: usize,
        guard: Option<Range<usize>>,
    },
    /// A field of a struct expression, with the comma behind it.
    Field {
        whole: Range<usize>,
        field: Range<usize>,
    },
}

/// Where which piece begins, for each kind of mutant.
pub(crate) type Pieces = BTreeMap<(&'static str, Place), Piece>;

/// The pieces of a file.
pub(crate) fn pieces(file: &syn::File) -> Pieces {
    let mut finder = Finder(Pieces::new());
    finder.visit_file(file);
    finder.0
}

struct Finder(Pieces);

fn place(span: Span) -> Place {
    let start = span.start();
    Place {
        line: start.line,
        column: start.column + 1,
    }
}

impl Finder {
    /// Not where only the compiler knows what type is returned: a mutant's value is of another.
    fn body(&mut self, signature: &Signature, block: &Block) {
        if let ReturnType::Type(_, returned) = &signature.output
            && let Type::ImplTrait(_) = **returned
        {
            return;
        }
        let inside = block.brace_token.span.open().byte_range().end
            ..block.brace_token.span.close().byte_range().start;
        if let Some(first) = block.stmts.first() {
            self.0
                .insert(("FnValue", place(first.span())), Piece::Body(inside));
        }
    }

    fn field(&mut self, whole: &ExprStruct, field: &FieldValue, comma: Option<Span>) {
        let range = field.span().byte_range();
        let end = comma.map_or(range.end, |comma| comma.byte_range().end);
        let piece = Piece::Field {
            whole: whole.span().byte_range(),
            field: range.start..end,
        };
        self.0.insert(("StructField", place(field.span())), piece);
    }
}

/// A `let` among the operands of `&&`: it binds, and so cannot be moved into a branch.
fn binds(expr: &Expr) -> bool {
    if let Expr::Binary(ExprBinary {
        left,
        op: BinOp::And(_),
        right,
        ..
    }) = expr
    {
        binds(left) || binds(right)
    } else {
        matches!(expr, Expr::Let(_))
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if item.sig.constness.is_none() {
            self.body(&item.sig, &item.block);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if item.sig.constness.is_none() {
            self.body(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, expr: &'ast ExprBinary) {
        if !binds(&expr.left) && !binds(&expr.right) {
            let piece = Piece::Binary {
                whole: expr.span().byte_range(),
                left: expr.left.span().byte_range(),
                right: expr.right.span().byte_range(),
            };
            self.0
                .insert(("BinaryOperator", place(expr.op.span())), piece);
        }
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_unary(&mut self, expr: &'ast ExprUnary) {
        let piece = Piece::Unary {
            whole: expr.span().byte_range(),
            of: expr.expr.span().byte_range(),
        };
        self.0
            .insert(("UnaryOperator", place(expr.op.span())), piece);
        visit::visit_expr_unary(self, expr);
    }

    fn visit_expr_match(&mut self, expr: &'ast ExprMatch) {
        // Else an arm with a guard does not do: what it matches would be left out.
        let has_last = expr
            .arms
            .iter()
            .any(|arm| arm.guard.is_none() && matches!(arm.pat, Pat::Wild(_)));
        for arm in &expr.arms {
            let guard = arm.guard.as_ref().map(|(_, guard)| guard);
            if guard.is_some_and(|guard| binds(guard)) {
                continue;
            }
            let piece = Piece::Arm {
                pattern_end: arm.pat.span().byte_range().end,
                guard: guard.map(|guard| guard.span().byte_range()),
            };
            if let Some(guard) = guard {
                self.0
                    .insert(("MatchArmGuard", place(guard.span())), piece.clone());
            }
            if has_last || guard.is_some() {
                self.0.insert(("MatchArm", place(arm.span())), piece);
            }
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_expr_struct(&mut self, expr: &'ast ExprStruct) {
        for pair in expr.fields.pairs() {
            let comma = pair.punct().map(Spanned::span);
            self.field(expr, pair.value(), comma);
        }
        visit::visit_expr_struct(self, expr);
    }

    // What stands in a pattern is no expression that could be switched; nor is a constant, or what computes one.
    fn visit_pat(&mut self, _: &'ast Pat) {}
    fn visit_item_const(&mut self, _: &'ast ItemConst) {}
    fn visit_item_static(&mut self, _: &'ast ItemStatic) {}
    fn visit_impl_item_const(&mut self, _: &'ast ImplItemConst) {}
}
