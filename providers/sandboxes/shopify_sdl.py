"""The part of the Admin GraphQL schema that the fake Shopify answers, version 2026-10, written by hand.

Names and types only. `tests/providers/sandboxes/test_shopify_sandbox.py` holds every line of it against the official
schema under `shared/specs/shopify`; nothing may stand here that the vendor does not have. What is not here is refused
as an undefined field, which may be stricter than the vendor, never laxer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLScalarType, GraphQLSchema, build_schema

from providers.sandboxes import shopify_publishing_sdl as publishing

PAGED = "after: String, before: String, first: Int, last: Int, reverse: Boolean = false"
#: Node types that come in pages: each gets an XConnection and an XEdge.
CONNECTIONS = (
    "BulkOperation", "Fulfillment", "FulfillmentEvent", "FulfillmentLineItem", "FulfillmentOrder",
    "FulfillmentOrderLineItem", "InventoryItem", "InventoryLevel", "LineItem", "LocalizedField", "Location",
    "Metafield", "Order", "OrderTransaction", "Product", "ProductVariant", "Refund", "RefundLineItem", "Return",
    "ShippingLine", "WebhookSubscription",
)  # fmt: skip

ENUMS = {
    "BulkMutationErrorCode": "INTERNAL_FILE_SERVER_ERROR INVALID_MUTATION INVALID_STAGED_UPLOAD_FILE LIMIT_REACHED NO_SUCH_FILE OPERATION_IN_PROGRESS",
    "BulkOperationErrorCode": "ACCESS_DENIED INTERNAL_SERVER_ERROR TIMEOUT",
    "BulkOperationStatus": "CANCELED CANCELING COMPLETED CREATED EXPIRED FAILED RUNNING",
    "BulkOperationType": "MUTATION QUERY",
    "BulkOperationUserErrorCode": "INVALID LIMIT_REACHED OPERATION_IN_PROGRESS",
    "BulkOperationsSortKeys": "COMPLETED_AT CREATED_AT",
    "CountPrecision": "AT_LEAST EXACT",
    "CountryCode": "AT AZ BE BG CY DE FR GB GR IQ NL TR US",
    "CurrencyCode": "AZN CHF EUR GBP TRY USD",
    "FulfillmentDisplayStatus": "ATTEMPTED_DELIVERY CANCELED CARRIER_PICKED_UP CONFIRMED DELAYED DELIVERED FAILURE FULFILLED IN_TRANSIT LABEL_PRINTED LABEL_PURCHASED LABEL_VOIDED MARKED_AS_FULFILLED NOT_DELIVERED OUT_FOR_DELIVERY PICKED_UP READY_FOR_PICKUP SUBMITTED",
    "FulfillmentEventStatus": "ATTEMPTED_DELIVERY CARRIER_PICKED_UP CONFIRMED DELAYED DELIVERED FAILURE IN_TRANSIT LABEL_PRINTED LABEL_PURCHASED OUT_FOR_DELIVERY READY_FOR_PICKUP",
    "FulfillmentEventSortKeys": "HAPPENED_AT ID",
    "FulfillmentOrderAction": "CANCEL_FULFILLMENT_ORDER CREATE_FULFILLMENT EXTERNAL HOLD MARK_AS_OPEN MERGE MOVE RELEASE_HOLD REPORT_PROGRESS REQUEST_CANCELLATION REQUEST_FULFILLMENT SPLIT",
    "FulfillmentOrderRequestStatus": "ACCEPTED CANCELLATION_ACCEPTED CANCELLATION_REJECTED CANCELLATION_REQUESTED CLOSED REJECTED SUBMITTED UNSUBMITTED",
    "FulfillmentOrderSortKeys": "ID UPDATED_AT",
    "FulfillmentOrderStatus": "CANCELLED CLOSED INCOMPLETE IN_PROGRESS ON_HOLD OPEN SCHEDULED",
    "FulfillmentStatus": "CANCELLED ERROR FAILURE SUCCESS",
    "InventoryAdjustQuantitiesUserErrorCode": "ADJUST_QUANTITIES_FAILED CHANGE_FROM_QUANTITY_STALE IDEMPOTENCY_CONCURRENT_REQUEST IDEMPOTENCY_KEY_PARAMETER_MISMATCH IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED INVALID_INVENTORY_ITEM INVALID_LOCATION INVALID_QUANTITY_DOCUMENT INVALID_QUANTITY_NAME INVALID_QUANTITY_TOO_HIGH INVALID_QUANTITY_TOO_LOW INVALID_REASON INVALID_REFERENCE_DOCUMENT NON_MUTABLE_INVENTORY_ITEM SERVICE_UNAVAILABLE",
    "InventorySetQuantitiesUserErrorCode": "CHANGE_FROM_QUANTITY_STALE COMPARE_QUANTITY_REQUIRED COMPARE_QUANTITY_STALE IDEMPOTENCY_CONCURRENT_REQUEST IDEMPOTENCY_KEY_PARAMETER_MISMATCH IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED INVALID_INVENTORY_ITEM INVALID_LOCATION INVALID_NAME INVALID_QUANTITY_NEGATIVE INVALID_QUANTITY_TOO_HIGH INVALID_QUANTITY_TOO_LOW INVALID_REASON INVALID_REFERENCE_DOCUMENT NON_MUTABLE_INVENTORY_ITEM NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
    "LocalizedFieldKey": "TAX_CREDENTIAL_TR SHIPPING_CREDENTIAL_TR",
    "LocationSortKeys": "ID NAME RELEVANCE",
    "MetafieldOwnerType": "LOCATION ORDER PRODUCT PRODUCTVARIANT SHOP",
    "MetafieldsSetUserErrorCode": "BLANK INCLUSION INVALID INVALID_COMPARE_DIGEST INVALID_TYPE INVALID_VALUE LESS_THAN_OR_EQUAL_TO STALE_OBJECT TOO_LONG TOO_SHORT",
    "OrderCancelReason": "CUSTOMER DECLINED FRAUD INVENTORY OTHER STAFF",
    "OrderCancelStatus": "FAILED STARTED SUCCEEDED",
    "OrderCancelUserErrorCode": "INTERNAL_ERROR INVALID NOT_FOUND NO_REFUND_PERMISSION",
    "OrderDisplayFinancialStatus": "AUTHORIZED EXPIRED PAID PARTIALLY_PAID PARTIALLY_REFUNDED PENDING REFUNDED VOIDED",
    "OrderDisplayFulfillmentStatus": "FULFILLED IN_PROGRESS ON_HOLD OPEN PARTIALLY_FULFILLED PENDING_FULFILLMENT REQUEST_DECLINED RESTOCKED SCHEDULED UNFULFILLED",
    "OrderReturnStatus": "INSPECTION_COMPLETE IN_PROGRESS NO_RETURN RETURNED RETURN_FAILED RETURN_REQUESTED",
    "OrderSortKeys": "CREATED_AT CURRENT_TOTAL_PRICE CUSTOMER_NAME FINANCIAL_STATUS FULFILLMENT_STATUS ID ORDER_NUMBER PROCESSED_AT RELEVANCE TOTAL_PRICE UPDATED_AT",
    "OrderTransactionKind": "AUTHORIZATION CAPTURE CHANGE EMV_AUTHORIZATION REFUND SALE SUGGESTED_REFUND VOID",
    "OrderTransactionStatus": "AWAITING_RESPONSE ERROR FAILURE PENDING SUCCESS UNKNOWN",
    "ProductSortKeys": "CREATED_AT ID INVENTORY_TOTAL PRODUCT_TYPE PUBLISHED_AT RELEVANCE TITLE UPDATED_AT VENDOR",
    "ProductStatus": "ACTIVE ARCHIVED DRAFT UNLISTED",
    "ProductVariantInventoryPolicy": "CONTINUE DENY",
    "ProductVariantSortKeys": "FULL_TITLE ID INVENTORY_QUANTITY NAME POSITION RELEVANCE SKU TITLE",
    "ProductVariantsBulkUpdateUserErrorCode": "BLANK GREATER_THAN_OR_EQUAL_TO INVALID_INPUT INVALID_VALUE MUST_BE_FOR_THIS_PRODUCT NEGATIVE_PRICE_VALUE NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE PRODUCT_DOES_NOT_EXIST PRODUCT_SUSPENDED PRODUCT_VARIANT_DOES_NOT_EXIST PRODUCT_VARIANT_ID_MISSING TOO_LONG TOO_SHORT",
    "RefundLineItemRestockType": "CANCEL LEGACY_RESTOCK NO_RESTOCK RETURN",
    "ReturnStatus": "CANCELED CLOSED DECLINED OPEN REQUESTED",
    "StagedUploadHttpMethodType": "POST PUT",
    "StagedUploadTargetGenerateUploadResource": "BULK_MUTATION_VARIABLES FILE IMAGE PRODUCT_IMAGE",
    "WebhookSubscriptionFormat": "JSON XML",
    "WebhookSubscriptionSortKeys": "CREATED_AT ID",
    "WebhookSubscriptionTopic": "APP_UNINSTALLED BULK_OPERATIONS_FINISH FULFILLMENTS_CREATE FULFILLMENTS_UPDATE INVENTORY_LEVELS_UPDATE ORDERS_CANCELLED ORDERS_CREATE ORDERS_EDITED ORDERS_FULFILLED ORDERS_PAID ORDERS_UPDATED PRODUCTS_CREATE PRODUCTS_DELETE PRODUCTS_UPDATE REFUNDS_CREATE RETURNS_APPROVE RETURNS_REQUEST",
}
#: XUserError with a code of its own enum.
CODED_ERRORS = {
    "BulkMutationUserError": "BulkMutationErrorCode",
    "BulkOperationUserError": "BulkOperationUserErrorCode",
    "InventoryAdjustQuantitiesUserError": "InventoryAdjustQuantitiesUserErrorCode",
    "InventorySetQuantitiesUserError": "InventorySetQuantitiesUserErrorCode",
    "OrderCancelUserError": "OrderCancelUserErrorCode",
    "ProductVariantsBulkUpdateUserError": "ProductVariantsBulkUpdateUserErrorCode",
}

QUERY = """
directive @idempotent(key: String!) on FIELD
schema { query: QueryRoot mutation: Mutation }
scalar DateTime scalar Decimal scalar FormattedString scalar HTML scalar JSON scalar Money scalar URL scalar UnsignedInt64
interface Node { id: ID! }
interface DisplayableError { field: [String!] message: String! }
type UserError implements DisplayableError { field: [String!] message: String! }
type MetafieldsSetUserError implements DisplayableError { code: MetafieldsSetUserErrorCode elementIndex: Int field: [String!] message: String! }
type PageInfo { endCursor: String hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String }
type Count { count: Int! precision: CountPrecision! }
type Job { done: Boolean! id: ID! }
type QueryRoot {
  bulkOperation(id: ID!): BulkOperation
  bulkOperations(%(paged)s, query: String, sortKey: BulkOperationsSortKeys = CREATED_AT): BulkOperationConnection!
  currentAppInstallation: AppInstallation!
  currentBulkOperation(type: BulkOperationType = QUERY): BulkOperation @deprecated
  fulfillment(id: ID!): Fulfillment
  fulfillmentOrder(id: ID!): FulfillmentOrder
  fulfillmentOrders(%(paged)s, includeClosed: Boolean = false, query: String, sortKey: FulfillmentOrderSortKeys = ID): FulfillmentOrderConnection!
  inventoryItem(id: ID!): InventoryItem
  inventoryItems(%(paged)s, query: String): InventoryItemConnection!
  inventoryLevel(id: ID!): InventoryLevel
  job(id: ID!): Job
  location(id: ID): Location
  locations(%(paged)s, includeInactive: Boolean = false, includeLegacy: Boolean = false, query: String, sortKey: LocationSortKeys = NAME): LocationConnection!
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  order(id: ID!): Order
  orders(%(paged)s, query: String, savedSearchId: ID, sortKey: OrderSortKeys = PROCESSED_AT): OrderConnection!
  ordersCount(limit: Int = 10000, query: String, savedSearchId: ID): Count
  product(id: ID!): Product
  productVariant(id: ID!): ProductVariant
  productVariants(%(paged)s, query: String, savedSearchId: ID, sortKey: ProductVariantSortKeys = ID): ProductVariantConnection!
  products(%(paged)s, query: String, savedSearchId: ID, sortKey: ProductSortKeys = ID): ProductConnection!
  productsCount(limit: Int = 10000, query: String, savedSearchId: ID): Count
  publicApiVersions: [ApiVersion!]!
  shop: Shop!
  webhookSubscriptions(%(paged)s, format: WebhookSubscriptionFormat, query: String, sortKey: WebhookSubscriptionSortKeys = CREATED_AT, topics: [WebhookSubscriptionTopic!], uri: String): WebhookSubscriptionConnection!
}
type AccessScope { description: String! handle: String! }
type ApiVersion { displayName: String! handle: String! supported: Boolean! }
type App implements Node { apiKey: String! developerName: String handle: String id: ID! title: String! }
type AppInstallation implements Node { accessScopes: [AccessScope!]! app: App! id: ID! }
type ShopPlan { displayName: String! @deprecated partnerDevelopment: Boolean! publicDisplayName: String! shopifyPlus: Boolean! }
type Domain implements Node { host: String! id: ID! sslEnabled: Boolean! url: URL! }
type Shop implements Node {
  contactEmail: String! createdAt: DateTime! currencyCode: CurrencyCode! email: String! enabledPresentmentCurrencies: [CurrencyCode!]!
  ianaTimezone: String! id: ID! myshopifyDomain: String! name: String! plan: ShopPlan! primaryDomain: Domain! shopOwnerName: String!
  taxShipping: Boolean! taxesIncluded: Boolean! timezoneOffset: String! updatedAt: DateTime! url: URL!
  metafield(key: String!, namespace: String): Metafield
}
type Location implements Node {
  activatable: Boolean! address: LocationAddress! createdAt: DateTime! deactivatedAt: String fulfillsOnlineOrders: Boolean!
  hasActiveInventory: Boolean! id: ID! isActive: Boolean! isFulfillmentService: Boolean! legacyResourceId: UnsignedInt64! name: String!
  inventoryLevel(includeInactive: Boolean = false, inventoryItemId: ID!): InventoryLevel
  inventoryLevels(%(paged)s, includeInactive: Boolean = false, query: String): InventoryLevelConnection!
  shipsInventory: Boolean! updatedAt: DateTime!
}
type LocationAddress { address1: String address2: String city: String country: String countryCode: String phone: String province: String provinceCode: String zip: String }
type MoneyV2 { amount: Decimal! currencyCode: CurrencyCode! }
type MoneyBag { presentmentMoney: MoneyV2! shopMoney: MoneyV2! }
input MoneyInput { amount: Decimal! currencyCode: CurrencyCode! }
type Attribute { key: String! value: String }
input AttributeInput { key: String! value: String! }
type Image { altText: String height: Int id: ID url: URL! width: Int }
interface Media { alt: String id: ID! preview: MediaPreviewImage }
type MediaImage implements Media & Node { alt: String id: ID! image: Image preview: MediaPreviewImage }
type MediaPreviewImage { image: Image }
type Metafield implements Node {
  compareDigest: String! createdAt: DateTime! id: ID! jsonValue: JSON! key: String! legacyResourceId: UnsignedInt64! namespace: String!
  ownerType: MetafieldOwnerType! type: String! updatedAt: DateTime! value: String!
}
type LocalizedField { countryCode: CountryCode! key: LocalizedFieldKey! title: String! value: String! }
"""

ORDERS = """
type MailingAddress implements Node {
  address1: String address2: String city: String company: String country: String countryCodeV2: CountryCode firstName: String
  formatted(withCompany: Boolean = true, withName: Boolean = false): [String!]! id: ID! lastName: String name: String phone: String
  province: String provinceCode: String zip: String
}
type CustomerEmailAddress { emailAddress: String! }
type CustomerPhoneNumber { phoneNumber: String! }
type Customer implements Node {
  createdAt: DateTime! defaultAddress: MailingAddress defaultEmailAddress: CustomerEmailAddress defaultPhoneNumber: CustomerPhoneNumber
  displayName: String! email: String @deprecated firstName: String id: ID! lastName: String legacyResourceId: UnsignedInt64! note: String
  numberOfOrders: UnsignedInt64! phone: String @deprecated tags: [String!]! updatedAt: DateTime!
}
type TaxLine { channelLiable: Boolean priceSet: MoneyBag! rate: Float ratePercentage: Float source: String title: String! }
type ShippingLine {
  carrierIdentifier: String code: String currentDiscountedPriceSet: MoneyBag! custom: Boolean! discountedPriceSet: MoneyBag! id: ID
  isRemoved: Boolean! originalPriceSet: MoneyBag! source: String taxLines: [TaxLine!]! title: String!
}
type CashRoundingAdjustment { paymentSet: MoneyBag! refundSet: MoneyBag! }
type OrderApp { id: ID! name: String! }
type OrderCancellation { staffNote: String }
type OrderTransaction implements Node {
  amountSet: MoneyBag! createdAt: DateTime! formattedGateway: String gateway: String id: ID! kind: OrderTransactionKind!
  location: Location manualPaymentGateway: Boolean! parentTransaction: OrderTransaction processedAt: DateTime
  status: OrderTransactionStatus! test: Boolean!
}
type Return implements Node { createdAt: DateTime! id: ID! name: String! status: ReturnStatus! totalQuantity: Int! }
type Order implements Node {
  app: OrderApp billingAddress: MailingAddress cancelReason: OrderCancelReason cancellation: OrderCancellation cancelledAt: DateTime
  capturable: Boolean! closed: Boolean! closedAt: DateTime confirmationNumber: String confirmed: Boolean! createdAt: DateTime!
  currencyCode: CurrencyCode! currentShippingPriceSet: MoneyBag! currentSubtotalLineItemsQuantity: Int! currentSubtotalPriceSet: MoneyBag!
  currentTaxLines: [TaxLine!]! currentTotalDiscountsSet: MoneyBag! currentTotalPriceSet: MoneyBag! currentTotalTaxSet: MoneyBag!
  customAttributes: [Attribute!]! customer: Customer customerLocale: String discountCodes: [String!]! displayAddress: MailingAddress
  displayFinancialStatus: OrderDisplayFinancialStatus displayFulfillmentStatus: OrderDisplayFulfillmentStatus! edited: Boolean!
  email: String estimatedTaxes: Boolean! fulfillable: Boolean!
  fulfillmentOrders(%(paged)s, displayable: Boolean = false, query: String): FulfillmentOrderConnection!
  fulfillments(first: Int, query: String): [Fulfillment!]! fullyPaid: Boolean! id: ID! legacyResourceId: UnsignedInt64!
  lineItems(%(paged)s): LineItemConnection!
  localizedFields(%(paged)s, countryCodes: [CountryCode!]): LocalizedFieldConnection!
  metafield(key: String!, namespace: String): Metafield
  metafields(%(paged)s, keys: [String!], namespace: String): MetafieldConnection!
  name: String! netPaymentSet: MoneyBag! note: String number: Int! originalTotalPriceSet: MoneyBag! paymentGatewayNames: [String!]!
  phone: String poNumber: String presentmentCurrencyCode: CurrencyCode! processedAt: DateTime! refundable: Boolean! refunds(first: Int): [Refund!]!
  requiresShipping: Boolean! restockable: Boolean! retailLocation: Location returnStatus: OrderReturnStatus!
  returns(%(paged)s, query: String): ReturnConnection! shippingAddress: MailingAddress shippingLine: ShippingLine
  shippingLines(%(paged)s, includeRemovals: Boolean = false): ShippingLineConnection!
  sourceIdentifier: String sourceName: String subtotalLineItemsQuantity: Int! subtotalPriceSet: MoneyBag tags: [String!]!
  taxExempt: Boolean! taxLines: [TaxLine!]! taxesIncluded: Boolean! test: Boolean! totalCashRoundingAdjustment: CashRoundingAdjustment!
  totalDiscountsSet: MoneyBag totalOutstandingSet: MoneyBag! totalPriceSet: MoneyBag! totalReceivedSet: MoneyBag! totalRefundedSet: MoneyBag!
  totalRefundedShippingSet: MoneyBag! totalShippingPriceSet: MoneyBag! totalTaxSet: MoneyBag
  transactions(capturable: Boolean, first: Int, manuallyResolvable: Boolean): [OrderTransaction!]! unpaid: Boolean! updatedAt: DateTime!
}
type LineItem implements Node {
  currentQuantity: Int! customAttributes: [Attribute!]! discountedTotalSet(withCodeDiscounts: Boolean = false): MoneyBag!
  discountedUnitPriceAfterAllDiscountsSet: MoneyBag! discountedUnitPriceSet: MoneyBag! id: ID! isGiftCard: Boolean! name: String!
  nonFulfillableQuantity: Int! originalTotalSet: MoneyBag! originalUnitPriceSet: MoneyBag! product: Product quantity: Int!
  refundableQuantity: Int! requiresShipping: Boolean! restockable: Boolean! sku: String taxLines(first: Int): [TaxLine!]! taxable: Boolean!
  title: String! totalDiscountSet: MoneyBag! unfulfilledQuantity: Int! variant: ProductVariant variantTitle: String vendor: String
}
type FulfillmentOrderAssignedLocation { address1: String city: String countryCode: CountryCode! location: Location name: String! phone: String zip: String }
type FulfillmentOrderDestination implements Node {
  address1: String address2: String city: String company: String countryCode: CountryCode email: String firstName: String id: ID!
  lastName: String phone: String province: String zip: String
}
type FulfillmentOrderSupportedAction { action: FulfillmentOrderAction! externalUrl: URL }
type FulfillmentOrder implements Node {
  assignedLocation: FulfillmentOrderAssignedLocation! createdAt: DateTime! destination: FulfillmentOrderDestination fulfillAt: DateTime fulfillBy: DateTime
  fulfillments(%(paged)s): FulfillmentConnection! id: ID! lineItems(%(paged)s): FulfillmentOrderLineItemConnection! order: Order! orderId: ID!
  orderName: String! orderProcessedAt: DateTime! requestStatus: FulfillmentOrderRequestStatus! status: FulfillmentOrderStatus!
  supportedActions: [FulfillmentOrderSupportedAction!]! updatedAt: DateTime!
}
type FulfillmentOrderLineItem implements Node {
  id: ID! inventoryItemId: ID lineItem: LineItem! productTitle: String! remainingQuantity: Int! requiresShipping: Boolean! sku: String
  totalQuantity: Int! variant: ProductVariant variantTitle: String vendor: String
}
type FulfillmentTrackingInfo { company: String number: String url: URL }
type FulfillmentEvent implements Node { city: String createdAt: DateTime! happenedAt: DateTime! id: ID! message: String status: FulfillmentEventStatus! }
type FulfillmentLineItem implements Node { id: ID! lineItem: LineItem! quantity: Int }
type Fulfillment implements Node {
  createdAt: DateTime! deliveredAt: DateTime displayStatus: FulfillmentDisplayStatus estimatedDeliveryAt: DateTime
  events(%(paged)s, sortKey: FulfillmentEventSortKeys = HAPPENED_AT): FulfillmentEventConnection!
  fulfillmentLineItems(%(paged)s): FulfillmentLineItemConnection! fulfillmentOrders(%(paged)s): FulfillmentOrderConnection!
  id: ID! inTransitAt: DateTime legacyResourceId: UnsignedInt64! location: Location name: String! order: Order! requiresShipping: Boolean!
  status: FulfillmentStatus! totalQuantity: Int! trackingInfo(first: Int): [FulfillmentTrackingInfo!]! updatedAt: DateTime!
}
type Refund implements Node {
  createdAt: DateTime id: ID! legacyResourceId: UnsignedInt64! note: String order: Order! processedAt: DateTime!
  refundLineItems(%(paged)s): RefundLineItemConnection! totalRefundedSet: MoneyBag! transactions(%(paged)s): OrderTransactionConnection! updatedAt: DateTime!
}
type RefundLineItem { id: ID lineItem: LineItem! location: Location priceSet: MoneyBag! quantity: Int! restockType: RefundLineItemRestockType! restocked: Boolean! subtotalSet: MoneyBag! totalTaxSet: MoneyBag! }
"""

CATALOGUE = """
type ProductOptionValue implements Node { hasVariants: Boolean! id: ID! name: String! }
type ProductOption implements Node { id: ID! name: String! optionValues: [ProductOptionValue!]! position: Int! values: [String!]! }
type SelectedOption { name: String! value: String! }
type Product implements Node {
  createdAt: DateTime! description(truncateAt: Int): String! descriptionHtml: HTML! featuredImage: Image @deprecated featuredMedia: Media handle: String!
  hasOnlyDefaultVariant: Boolean! hasOutOfStockVariants: Boolean! id: ID! isGiftCard: Boolean! legacyResourceId: UnsignedInt64!
  metafield(key: String!, namespace: String): Metafield
  metafields(%(paged)s, keys: [String!], namespace: String): MetafieldConnection!
  onlineStoreUrl: URL options(first: Int): [ProductOption!]! productType: String! publishedAt: DateTime status: ProductStatus! tags: [String!]!
  title: String! totalInventory: Int! tracksInventory: Boolean! updatedAt: DateTime!
  variants(%(paged)s, sortKey: ProductVariantSortKeys = POSITION): ProductVariantConnection! variantsCount: Count vendor: String!
}
type ProductVariant implements Node {
  availableForSale: Boolean! barcode: String compareAtPrice: Money createdAt: DateTime! displayName: String! id: ID! image: Image @deprecated
  inventoryItem: InventoryItem! inventoryPolicy: ProductVariantInventoryPolicy! inventoryQuantity: Int legacyResourceId: UnsignedInt64!
  metafield(key: String!, namespace: String): Metafield
  metafields(%(paged)s, keys: [String!], namespace: String): MetafieldConnection!
  position: Int! price: Money! product: Product! selectedOptions: [SelectedOption!]! sellableOnlineQuantity: Int! sku: String taxable: Boolean!
  title: String! updatedAt: DateTime!
}
type InventoryQuantity implements Node { id: ID! name: String! quantity: Int! updatedAt: DateTime }
type InventoryLevel implements Node { createdAt: DateTime! id: ID! isActive: Boolean! item: InventoryItem! location: Location! quantities(names: [String!]!): [InventoryQuantity!]! updatedAt: DateTime! }
type InventoryItem implements Node {
  countryCodeOfOrigin: CountryCode createdAt: DateTime! duplicateSkuCount: Int! harmonizedSystemCode: String id: ID!
  inventoryLevel(includeInactive: Boolean = false, locationId: ID!): InventoryLevel
  inventoryLevels(%(paged)s, includeInactive: Boolean = false, query: String): InventoryLevelConnection!
  legacyResourceId: UnsignedInt64! locationsCount: Count requiresShipping: Boolean! sku: String tracked: Boolean! unitCost: MoneyV2 updatedAt: DateTime!
  variant: ProductVariant! @deprecated
}
type InventoryChange { delta: Int! item: InventoryItem location: Location name: String! quantityAfterChange: Int }
type InventoryAdjustmentGroup implements Node { changes(inventoryItemIds: [ID!], locationIds: [ID!], quantityNames: [String!]): [InventoryChange!]! createdAt: DateTime! id: ID! reason: String! referenceDocumentUri: String }
type BulkOperation implements Node {
  completedAt: DateTime createdAt: DateTime! errorCode: BulkOperationErrorCode fileSize: UnsignedInt64 id: ID! objectCount: UnsignedInt64!
  partialDataUrl: URL query: String! rootObjectCount: UnsignedInt64! status: BulkOperationStatus! type: BulkOperationType! url: URL
}
type WebhookSubscription implements Node {
  apiVersion: ApiVersion! createdAt: DateTime! filter: String format: WebhookSubscriptionFormat! id: ID! includeFields: [String!]!
  legacyResourceId: UnsignedInt64! metafieldNamespaces: [String!]! name: String topic: WebhookSubscriptionTopic! updatedAt: DateTime! uri: String!
}
"""

MUTATIONS = """
type Mutation {
  bulkOperationCancel(id: ID!): BulkOperationCancelPayload
  bulkOperationRunMutation(clientIdentifier: String, groupObjects: Boolean = true, mutation: String!, stagedUploadPath: String!): BulkOperationRunMutationPayload
  bulkOperationRunQuery(groupObjects: Boolean! = false, query: String!): BulkOperationRunQueryPayload
  fulfillmentCancel(id: ID!): FulfillmentCancelPayload
  fulfillmentCreate(fulfillment: FulfillmentInput!, message: String): FulfillmentCreatePayload
  fulfillmentEventCreate(fulfillmentEvent: FulfillmentEventInput!): FulfillmentEventCreatePayload
  fulfillmentTrackingInfoUpdate(fulfillmentId: ID!, notifyCustomer: Boolean, trackingInfoInput: FulfillmentTrackingInput!): FulfillmentTrackingInfoUpdatePayload
  inventoryActivate(available: Int, inventoryItemId: ID!, locationId: ID!, onHand: Int, stockAtLegacyLocation: Boolean = false): InventoryActivatePayload
  inventoryAdjustQuantities(input: InventoryAdjustQuantitiesInput!): InventoryAdjustQuantitiesPayload
  inventorySetQuantities(input: InventorySetQuantitiesInput!): InventorySetQuantitiesPayload
  metafieldsSet(metafields: [MetafieldsSetInput!]!): MetafieldsSetPayload
  orderCancel(notifyCustomer: Boolean = false, orderId: ID!, reason: OrderCancelReason!, refund: Boolean, refundMethod: OrderCancelRefundMethodInput, restock: Boolean!, staffNote: String = null): OrderCancelPayload
  orderUpdate(input: OrderInput!): OrderUpdatePayload
  productVariantsBulkUpdate(allowPartialUpdates: Boolean = false, productId: ID!, variants: [ProductVariantsBulkInput!]!): ProductVariantsBulkUpdatePayload
  refundCreate(input: RefundInput!): RefundCreatePayload
  stagedUploadsCreate(input: [StagedUploadInput!]!): StagedUploadsCreatePayload
  tagsAdd(id: ID!, tags: [String!]!): TagsAddPayload
  tagsRemove(id: ID!, tags: [String!]!): TagsRemovePayload
  webhookSubscriptionCreate(topic: WebhookSubscriptionTopic!, webhookSubscription: WebhookSubscriptionInput!): WebhookSubscriptionCreatePayload
  webhookSubscriptionDelete(id: ID!): WebhookSubscriptionDeletePayload
}
type BulkOperationCancelPayload { bulkOperation: BulkOperation userErrors: [UserError!]! }
type BulkOperationRunMutationPayload { bulkOperation: BulkOperation userErrors: [BulkMutationUserError!]! }
type BulkOperationRunQueryPayload { bulkOperation: BulkOperation userErrors: [BulkOperationUserError!]! }
type FulfillmentCancelPayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type FulfillmentCreatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type FulfillmentEventCreatePayload { fulfillmentEvent: FulfillmentEvent userErrors: [UserError!]! }
type FulfillmentTrackingInfoUpdatePayload { fulfillment: Fulfillment userErrors: [UserError!]! }
type InventoryActivatePayload { inventoryLevel: InventoryLevel userErrors: [UserError!]! }
type InventoryAdjustQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventoryAdjustQuantitiesUserError!]! }
type InventorySetQuantitiesPayload { inventoryAdjustmentGroup: InventoryAdjustmentGroup userErrors: [InventorySetQuantitiesUserError!]! }
type MetafieldsSetPayload { metafields: [Metafield!] userErrors: [MetafieldsSetUserError!]! }
type OrderCancelJobResult implements Node { done: Boolean! errors: [OrderCancelUserError!]! id: ID! order: Order status: OrderCancelStatus! }
type OrderCancelPayload { job: Job jobResult: OrderCancelJobResult orderCancelUserErrors: [OrderCancelUserError!]! userErrors: [UserError!]! @deprecated }
type OrderUpdatePayload { order: Order userErrors: [UserError!]! }
type ProductVariantsBulkUpdatePayload { product: Product productVariants: [ProductVariant!] userErrors: [ProductVariantsBulkUpdateUserError!]! }
type RefundCreatePayload { order: Order refund: Refund userErrors: [UserError!]! }
type StagedUploadParameter { name: String! value: String! }
type StagedMediaUploadTarget { parameters: [StagedUploadParameter!]! resourceUrl: URL url: URL }
type StagedUploadsCreatePayload { stagedTargets: [StagedMediaUploadTarget!] userErrors: [UserError!]! }
type TagsAddPayload { node: Node userErrors: [UserError!]! }
type TagsRemovePayload { node: Node userErrors: [UserError!]! }
type WebhookSubscriptionCreatePayload { userErrors: [UserError!]! webhookSubscription: WebhookSubscription }
type WebhookSubscriptionDeletePayload { deletedWebhookSubscriptionId: ID userErrors: [UserError!]! }
input FulfillmentInput { lineItemsByFulfillmentOrder: [FulfillmentOrderLineItemsInput!]! notifyCustomer: Boolean = false trackingInfo: FulfillmentTrackingInput }
input FulfillmentOrderLineItemsInput { fulfillmentOrderId: ID! fulfillmentOrderLineItems: [FulfillmentOrderLineItemInput!] }
input FulfillmentOrderLineItemInput { id: ID! quantity: Int! }
input FulfillmentTrackingInput { company: String number: String numbers: [String!] url: URL urls: [URL!] }
input FulfillmentEventInput { city: String fulfillmentId: ID! happenedAt: DateTime message: String status: FulfillmentEventStatus! }
input InventoryAdjustQuantitiesInput { changes: [InventoryChangeInput!]! name: String! reason: String! referenceDocumentUri: String }
input InventoryChangeInput { changeFromQuantity: Int delta: Int! inventoryItemId: ID! ledgerDocumentUri: String locationId: ID! }
input InventorySetQuantitiesInput { name: String! quantities: [InventoryQuantityInput!]! reason: String! referenceDocumentUri: String }
input InventoryQuantityInput { changeFromQuantity: Int inventoryItemId: ID! locationId: ID! quantity: Int! }
input InventoryItemInput { cost: Decimal requiresShipping: Boolean sku: String tracked: Boolean }
input InventoryLevelInput { availableQuantity: Int! locationId: ID! }
input MetafieldsSetInput { compareDigest: String key: String! namespace: String ownerId: ID! type: String value: String! }
input OrderCancelRefundMethodInput { originalPaymentMethodsRefund: Boolean }
input OrderInput { customAttributes: [AttributeInput!] email: String id: ID! note: String phone: String poNumber: String tags: [String!] }
input ProductVariantsBulkInput {
  barcode: String compareAtPrice: Money id: ID inventoryItem: InventoryItemInput inventoryPolicy: ProductVariantInventoryPolicy
  inventoryQuantities: [InventoryLevelInput!] price: Money taxable: Boolean
}
input RefundInput {
  allowOverRefunding: Boolean = false currency: CurrencyCode note: String notify: Boolean orderId: ID! processedAt: DateTime
  refundLineItems: [RefundLineItemInput!] shipping: ShippingRefundInput transactions: [OrderTransactionInput!]
}
input RefundLineItemInput { lineItemId: ID! locationId: ID quantity: Int! restockType: RefundLineItemRestockType }
input ShippingRefundInput { amount: Money fullRefund: Boolean }
input OrderTransactionInput { amount: Money! gateway: String! kind: OrderTransactionKind! orderId: ID! parentId: ID }
input StagedUploadInput { fileSize: UnsignedInt64 filename: String! httpMethod: StagedUploadHttpMethodType = PUT mimeType: String! resource: StagedUploadTargetGenerateUploadResource! }
input WebhookSubscriptionInput { filter: String format: WebhookSubscriptionFormat includeFields: [String!] metafieldNamespaces: [String!] name: String uri: String }
"""


def text() -> str:
    """The whole subset as one SDL document."""
    parts = [part % {"paged": PAGED} for part in (QUERY, ORDERS, CATALOGUE, MUTATIONS, publishing.TYPES)]
    parts += [f"enum {name} {{ {values} }}" for name, values in (ENUMS | publishing.ENUMS).items()]
    for name in (*CONNECTIONS, *publishing.CONNECTIONS):
        parts.append(f"type {name}Connection {{ edges: [{name}Edge!]! nodes: [{name}!]! pageInfo: PageInfo! }}")
        parts.append(f"type {name}Edge {{ cursor: String! node: {name}! }}")
    for name, code in (CODED_ERRORS | publishing.CODED_ERRORS).items():
        parts.append(f"type {name} implements DisplayableError {{ code: {code} field: [String!] message: String! }}")
    return "\n".join(parts)


def schema() -> GraphQLSchema:
    """The executable schema. Answers pass through unchanged; money that comes in must be a plain decimal."""
    built = build_schema(text())
    for name in ("Money", "Decimal"):
        scalar = built.type_map[name]
        if isinstance(scalar, GraphQLScalarType):
            for entry in ("parse_value", "coerce_input_value"):  # the first to graphql-core 3.2, the second to 3.3
                setattr(scalar, entry, _amount(name))
    return built


def _amount(name: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text_value = str(value)
        whole, _, part = text_value.removeprefix("-").partition(".")
        if isinstance(value, bool) or not whole.isdecimal() or not whole.isascii() or (part and not part.isdecimal()):
            raise ValueError(f"invalid {name} '{text_value}'")
        return text_value

    return parse
