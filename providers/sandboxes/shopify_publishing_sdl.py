"""The part of the Admin GraphQL schema that makes products, version 2026-10, written by hand; shopify_sdl joins it to the rest.

Names and types only; held against the official schema under `shared/specs/shopify` by the same test. Of each input only what a merchant's
product needs is here (no metafields, bundles, gift cards): what is left out is refused, which is stricter than the vendor, never laxer.
"""

from __future__ import annotations

CONNECTIONS = ("Media", "Publication", "TaxonomyCategory")
ENUMS = {
    "CatalogType": "APP COMPANY_LOCATION MARKET NONE",
    "FileContentType": "EXTERNAL_VIDEO FILE IMAGE MODEL_3D VIDEO",
    "MediaContentType": "EXTERNAL_VIDEO IMAGE MODEL_3D VIDEO",
    "MediaStatus": "FAILED PROCESSING READY UPLOADED",
    "ProductOperationStatus": "ACTIVE COMPLETE CREATED",
    "ProductSetUserErrorCode": "DUPLICATED_OPTION_NAME DUPLICATED_OPTION_VALUE DUPLICATED_VALUE GENERIC_ERROR HANDLE_NOT_UNIQUE ID_NOT_ALLOWED INPUT_MISMATCH INVALID_INPUT INVALID_PRODUCT INVALID_VARIANT MISSING_FIELD_REQUIRED NOT_FOUND OPTIONS_OVER_LIMIT OPTION_DOES_NOT_EXIST OPTION_VALUES_MISSING OPTION_VALUE_DOES_NOT_EXIST PRODUCT_DOES_NOT_EXIST PRODUCT_OPTIONS_INPUT_MISSING PRODUCT_VARIANT_DOES_NOT_EXIST VARIANTS_INPUT_MISSING VARIANTS_OVER_LIMIT",
    "ProductVariantsBulkCreateStrategy": "DEFAULT PRESERVE_STANDALONE_VARIANT REMOVE_STANDALONE_VARIANT",
    "ProductVariantsBulkCreateUserErrorCode": "GREATER_THAN_OR_EQUAL_TO INVALID INVALID_INPUT NEED_TO_ADD_OPTION_VALUES NEGATIVE_PRICE_VALUE NO_KEY_ON_CREATE OPTION_VALUES_FOR_NUMBER_OF_UNKNOWN_OPTIONS PRODUCT_DOES_NOT_EXIST TRACKED_VARIANT_LOCATION_NOT_FOUND VARIANT_ALREADY_EXISTS",
}
CODED_ERRORS = {
    "ProductSetUserError": "ProductSetUserErrorCode",
    "ProductVariantsBulkCreateUserError": "ProductVariantsBulkCreateUserErrorCode",
}
TYPES = """
extend type QueryRoot {
  productByIdentifier(identifier: ProductIdentifierInput!): Product
  productOperation(id: ID!): ProductOperation
  publications(%(paged)s, catalogType: CatalogType): PublicationConnection!
  taxonomy: Taxonomy
}
extend type Mutation {
  productCreate(media: [CreateMediaInput!], product: ProductCreateInput): ProductCreatePayload
  productSet(identifier: ProductSetIdentifiers, input: ProductSetInput!, synchronous: Boolean = true): ProductSetPayload
  productVariantsBulkCreate(productId: ID!, strategy: ProductVariantsBulkCreateStrategy = DEFAULT, variants: [ProductVariantsBulkInput!]!): ProductVariantsBulkCreatePayload
  publishablePublish(id: ID!, input: [PublicationInput!]!): PublishablePublishPayload
}
interface Publishable { publishedOnPublication(publicationId: ID!): Boolean! resourcePublicationsCount(onlyPublished: Boolean = true): Count }
extend type Product implements Publishable {
  category: TaxonomyCategory media(%(paged)s, query: String): MediaConnection! mediaCount: Count
  publishedOnPublication(publicationId: ID!): Boolean! resourcePublicationsCount(onlyPublished: Boolean = true): Count
}
extend interface Media { mediaContentType: MediaContentType! status: MediaStatus! }
extend type MediaImage { mediaContentType: MediaContentType! status: MediaStatus! }
type Publication implements Node { autoPublish: Boolean! id: ID! name: String! @deprecated supportsFuturePublishing: Boolean! }
type Taxonomy {
  categories(after: String, before: String, childrenOf: ID, descendantsOf: ID, first: Int, last: Int, search: String, siblingsOf: ID): TaxonomyCategoryConnection!
}
type TaxonomyCategory implements Node {
  ancestorIds: [ID!]! childrenIds: [ID!]! fullName: String! id: ID! isArchived: Boolean! isLeaf: Boolean! isRoot: Boolean! level: Int!
  name: String! parentId: ID
}
interface ProductOperation { product: Product status: ProductOperationStatus! }
type ProductSetOperation implements Node & ProductOperation { id: ID! product: Product status: ProductOperationStatus! userErrors: [ProductSetUserError!]! }
type ProductSetPayload { product: Product productSetOperation: ProductSetOperation userErrors: [ProductSetUserError!]! }
type ProductCreatePayload { product: Product shop: Shop! userErrors: [UserError!]! }
type ProductVariantsBulkCreatePayload { product: Product productVariants: [ProductVariant!] userErrors: [ProductVariantsBulkCreateUserError!]! }
type PublishablePublishPayload { publishable: Publishable shop: Shop! userErrors: [UserError!]! }
input ProductIdentifierInput { handle: String id: ID }
input ProductSetIdentifiers { handle: String id: ID }
input ProductSetInput {
  category: ID descriptionHtml: String files: [FileSetInput!] handle: String id: ID productOptions: [OptionSetInput!] productType: String
  status: ProductStatus tags: [String!] title: String variants: [ProductVariantSetInput!] vendor: String
}
input FileSetInput { alt: String contentType: FileContentType filename: String id: ID originalSource: String }
input OptionSetInput { id: ID name: String position: Int values: [OptionValueSetInput!] }
input OptionValueSetInput { id: ID name: String }
input ProductVariantSetInput {
  barcode: String compareAtPrice: Money id: ID inventoryItem: InventoryItemInput inventoryPolicy: ProductVariantInventoryPolicy
  inventoryQuantities: [ProductSetInventoryInput!] optionValues: [VariantOptionValueInput!]! position: Int price: Money sku: String taxable: Boolean
}
input ProductSetInventoryInput { locationId: ID! name: String! quantity: Int! }
input VariantOptionValueInput { id: ID name: String optionId: ID optionName: String }
input ProductCreateInput {
  category: ID descriptionHtml: String handle: String productOptions: [OptionCreateInput!] productType: String status: ProductStatus
  tags: [String!] title: String vendor: String
}
input OptionCreateInput { name: String position: Int values: [OptionValueCreateInput!] }
input OptionValueCreateInput { name: String }
input CreateMediaInput { alt: String mediaContentType: MediaContentType! originalSource: String! }
input PublicationInput { publicationId: ID publishDate: DateTime }
extend input ProductVariantsBulkInput { optionValues: [VariantOptionValueInput!] }
"""
